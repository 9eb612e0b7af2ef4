/** What is done for one call that failed and has no place of its own to say so: a toast. */
import { useSnackbar } from 'notistack';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';

export function useProblemToast(): (error: unknown) => void {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  return useCallback(
    (error) => {
      enqueueSnackbar(problemText(t, error instanceof ApiError ? error : { code: 'error' }), { variant: 'error' });
    },
    [t, enqueueSnackbar],
  );
}
