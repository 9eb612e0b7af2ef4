/** What buttons of a message do beyond the socket: failures become a toast. */
import { useSnackbar } from 'notistack';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import type { Feedback, Verdict } from '@/shared/api/types';
import { problemText } from '@/shared/i18n/problem';
import type { ChatController } from '../state/controller';

function useTold(): (work: Promise<void>, onDone?: () => void) => void {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  return useCallback(
    (work, onDone) => {
      work.then(onDone, (error: unknown) => {
        const problem = error instanceof ApiError ? error : { code: 'error' };
        enqueueSnackbar(problemText(t, problem), { variant: 'error' });
      });
    },
    [t, enqueueSnackbar],
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
