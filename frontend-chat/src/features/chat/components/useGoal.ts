/** Brings the message that was asked for (a search hit) to the top of the view and gives it the focus, once. */
import { type RefObject, useEffect } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import type { Follow } from './useFollow';

// The list measures what it has scrolled to, then moves once more; a slow device makes the row later than that.
const SETTLE_MS = 150;
const MAX_LOOKS = 20;

export function useGoal(
  chat: ChatController,
  scroller: RefObject<HTMLElement | null>,
  list: RefObject<VirtualizerHandle | null>,
  indexOf: (id: number) => number,
  { hold, settle }: Pick<Follow, 'hold' | 'settle'>,
): void {
  const goal = useChatState(chat, (state) => state.goal);
  useEffect(() => {
    const index = goal === null ? -1 : indexOf(goal);
    if (index < 0) return;
    hold();
    list.current?.scrollToIndex(index, { align: 'start' });
    const look = (left: number) => {
      if (chat.getState().goal !== goal) return; // reached, or another one by now
      const message = scroller.current?.querySelector<HTMLElement>(`[data-message-id="${goal}"]`);
      if (!message && left > 0) {
        setTimeout(look, SETTLE_MS, left - 1);
        return;
      }
      message?.focus({ preventScroll: true });
      settle();
      chat.reached();
    };
    setTimeout(look, SETTLE_MS, MAX_LOOKS);
  }, [chat, scroller, list, goal, indexOf, hold, settle]);
}
