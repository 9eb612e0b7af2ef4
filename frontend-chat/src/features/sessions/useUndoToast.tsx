/** “Deleted · Undo”, for as long as a toast may stand; the server would restore for a minute. */
import Button from '@mui/material/Button';
import { useSnackbar } from 'notistack';
import { useTranslation } from 'react-i18next';
import { problemText } from '@/shared/i18n/problem';
import { useRestoreSessions } from './useSessions';

const SHOWN_MS = 10_000;

export function useUndoToast(): (ids: readonly number[]) => void {
  const { t } = useTranslation();
  const { enqueueSnackbar, closeSnackbar } = useSnackbar();
  const { mutate: restore } = useRestoreSessions();
  return (ids) =>
    enqueueSnackbar(t('sessions.deletedCount', { count: ids.length }), {
      autoHideDuration: SHOWN_MS,
      action: (key) => (
        <Button
          color="inherit"
          size="small"
          onClick={() => {
            closeSnackbar(key);
            restore(ids, {
              onSuccess: ({ restored }) => {
                if (restored.length < ids.length) enqueueSnackbar(t('sessions.undoTooLate'), { variant: 'error' });
              },
              onError: () => enqueueSnackbar(problemText(t, { code: 'error' }), { variant: 'error' }),
            });
          }}
        >
          {t('app.undo')}
        </Button>
      ),
    });
}
