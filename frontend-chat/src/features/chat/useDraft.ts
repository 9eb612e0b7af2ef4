/** What is being written before there is a conversation, kept over reloads of the tab. */
import { useCallback, useEffect, useState } from 'react';
import { sessionKept } from '@/shared/storage';

export function useDraft(sessionId: number | 'new'): [text: string, setText: (text: string) => void] {
  const key = `maru.draft.${sessionId}`;
  const [draft, setDraft] = useState(() => ({ key, text: sessionKept.getItem(key) ?? '' }));
  const shown = draft.key === key ? draft : { key, text: sessionKept.getItem(key) ?? '' };
  useEffect(() => {
    if (shown.text === '') sessionKept.removeItem(shown.key);
    else sessionKept.setItem(shown.key, shown.text);
  });
  const setText = useCallback((text: string) => setDraft({ key, text }), [key]);
  return [shown.text, setText];
}
