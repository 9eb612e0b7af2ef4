/**
 * What is being written in one conversation, the same on all tabs and devices. Ours goes to the server half a second after the
 * last key; theirs comes by frames and is shown unless something of ours is not saved yet. Unsaved words survive a reload.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { ToldDraft } from './toldDraft';
import { sessionKept } from '@/shared/storage';

const SAVE_AFTER_MS = 500;
const TYPING_EVERY_MS = 3_000;

export function useChatDraft(chat: ChatController): [text: string, setText: (text: string) => void] {
  const key = `maru.draft.${chat.sessionId}`;
  const [kept] = useState(() => sessionKept.getItem(key));
  const [text, show] = useState(kept ?? '');
  const [shown, setShown] = useState<{ text: string } | null>(null);
  // An empty one is unsaved, too: what stood there was sent without a line.
  const unsaved = useRef(kept);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const typedAt = useRef(0);
  const [told] = useState(() => new ToldDraft());
  const theirs = useChatState(chat, (state) => state.draft);
  const isOpen = useChatState(chat, (state) => state.line === 'open');

  if (theirs !== shown) {
    setShown(theirs);
    // oxlint-disable-next-line react/refs -- what is not saved is no part of what is shown
    if (theirs !== null && unsaved.current === null && told.lostWhere(theirs.text) === null) show(theirs.text);
  }

  const save = useCallback(() => {
    clearTimeout(timer.current);
    if (unsaved.current === null || !chat.saveDraft(unsaved.current)) return;
    told.told(unsaved.current);
    unsaved.current = null;
    sessionKept.removeItem(key);
  }, [chat, key, told]);

  const setText = useCallback(
    (next: string) => {
      show(next);
      unsaved.current = next;
      sessionKept.setItem(key, next);
      clearTimeout(timer.current);
      if (next === '') save();
      else timer.current = setTimeout(save, SAVE_AFTER_MS);
      const now = performance.now();
      if (next !== '' && now - typedAt.current < TYPING_EVERY_MS) return;
      typedAt.current = next === '' ? -Infinity : now;
      chat.typing(next !== '');
    },
    [chat, key, save],
  );

  useEffect(() => {
    if (theirs === null) return;
    const lost = told.lostWhere(theirs.text);
    told.heard(theirs.text);
    if (lost === null || unsaved.current !== null) return;
    unsaved.current = lost;
    sessionKept.setItem(key, lost);
  }, [theirs, told, key]);
  useEffect(() => {
    if (isOpen) save();
    else told.cut();
  }, [isOpen, save, told]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [text, setText];
}
