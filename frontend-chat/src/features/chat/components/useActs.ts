/** What buttons of a message do beyond the socket: failures become a toast. */
import { useCallback } from 'react';
import type { Feedback, Verdict } from '@/shared/api/types';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import type { ChatController } from '../state/controller';

function useTold(): (work: Promise<void>, onDone?: () => void) => void {
  const fail = useProblemToast();
  return useCallback(
    (work, onDone) => {
      work.then(onDone, fail);
    },
    [fail],
  );
}

export function useShowBranch(chat: ChatController): (id: number) => void {
  const told = useTold();
  return (id) => told(chat.showBranch(id));
}

export function useReplay(chat: ChatController): (id: number) => void {
  const told = useTold();
  return (id) => told(chat.replay(id));
}

export function useVote(chat: ChatController): (comparison: number, verdict: Verdict, onDone: () => void) => void {
  const told = useTold();
  return (comparison, verdict, onDone) => told(chat.vote(comparison, verdict).finally(onDone));
}

export function useRate(
  chat: ChatController,
): (id: number, value: Feedback, note?: string, onDone?: () => void) => void {
  const told = useTold();
  return (id, value, note, onDone) => told(chat.rate(id, value, note), onDone);
}
