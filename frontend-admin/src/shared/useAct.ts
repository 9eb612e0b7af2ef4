/** Runs one act on accounts, says what went wrong in the server's words, and shows what changed. */
import { useMutation } from '@tanstack/react-query';
import { HttpError, useNotify, useRefresh } from 'react-admin';

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

export function sentenceOf(error: unknown): string {
  if (!(error instanceof HttpError)) return 'ra.notification.http_error';
  const fields = Object.values((error.body as { fields?: Record<string, string[]> } | null)?.fields ?? {}).flat();
  return fields.length > 0 ? fields.join(' ') : error.message;
}
