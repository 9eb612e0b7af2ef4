/** Leads to the message that the address names (a search hit), once more when the same hit is pressed again. */
import { useEffect, useRef } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import type { ChatController } from '@/features/chat/state/controller';
import { useProblemToast } from '@/shared/ui/useProblemToast';

export function useHit(chat: ChatController | null): void {
  const [params] = useSearchParams();
  const { key } = useLocation(); // each press has its own
  const id = Number(params.get('m') ?? 0);
  const gone = useRef<{ chat: ChatController; key: string } | null>(null);
  const fail = useProblemToast();
  useEffect(() => {
    if (!chat || !(id > 0) || (gone.current?.chat === chat && gone.current.key === key)) return;
    gone.current = { chat, key };
    chat.goTo(id).catch(fail);
  }, [chat, id, key, fail]);
}
