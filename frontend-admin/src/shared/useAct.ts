/** Runs one act on accounts, says what went wrong in the server's words, and shows what changed. */
import { useMutation } from '@tanstack/react-query';
import { useNotify, useRefresh } from 'react-admin';
import { sentenceOf } from '@/shared/api/http';

export function useAct<Input, Answer>(act: (input: Input) => Promise<Answer>, onDone?: (answer: Answer) => void) {
  const notify = useNotify();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      refresh();
      onDone?.(answer);
    },
    onError: (error) => notify(sentenceOf(error), { type: 'error' }),
  });
}
