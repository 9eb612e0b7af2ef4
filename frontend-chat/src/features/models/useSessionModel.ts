/** Which model was chosen for one conversation: "" none, undefined as long as it is not known. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSnackbar } from 'notistack';
import { useTranslation } from 'react-i18next';
import { sessions } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';

export function useSessionModel(sessionId: number): { chosen: string | undefined; choose: (model: string) => void } {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const queries = useQueryClient();
  const key = ['config', sessionId];
  const config = useQuery({ queryKey: key, queryFn: () => sessions.config(sessionId) });
  const { mutate } = useMutation({
    mutationFn: (model: string) => sessions.updateConfig(sessionId, { model }),
    onSuccess: (changed) => queries.setQueryData(key, changed),
    onError: (error) => {
      const problem = error instanceof ApiError ? error : { code: 'error' };
      enqueueSnackbar(problemText(t, problem), { variant: 'error' });
    },
  });
  return { chosen: config.data?.model, choose: mutate };
}
