/** Changes of the account, stored at once; a failure becomes a toast. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useSnackbar } from 'notistack';
import { useTranslation } from 'react-i18next';
import { account } from '@/shared/api/account';
import { ApiError } from '@/shared/api/errors';
import { ME } from '@/shared/api/me';
import { problemText } from '@/shared/i18n/problem';

export function useChangeMe() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { enqueueSnackbar } = useSnackbar();
  return useMutation({
    mutationFn: account.change,
    onSuccess: (user) => queries.setQueryData(ME, user),
    onError: (error) => {
      const problem = error instanceof ApiError ? error : { code: 'error' };
      enqueueSnackbar(problemText(t, problem), { variant: 'error' });
    },
  });
}
