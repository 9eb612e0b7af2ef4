/** What is done with sessions of the list; failures become a toast, deletions one that takes them back. */
import { useSnackbar } from 'notistack';
import { useTranslation } from 'react-i18next';
import type { SessionPatch } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import type { Session } from '@/shared/api/types';
import { problemText } from '@/shared/i18n/problem';
import { useUndoToast } from './useUndoToast';
import { useDeleteSessions, useUpdateSession } from './useSessions';

export function useListActs(onDeleted: (id: number) => void) {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const { mutateAsync: update } = useUpdateSession();
  const { mutateAsync: remove } = useDeleteSessions();
  const tellDeleted = useUndoToast();
  const fail = (error: unknown) => {
    enqueueSnackbar(problemText(t, error instanceof ApiError ? error : { code: 'error' }), { variant: 'error' });
  };
  return {
    change: (sessions: readonly Session[], patch: SessionPatch) => {
      Promise.all(sessions.map(({ id }) => update({ id, patch }))).catch(fail);
    },
    remove: (sessions: readonly Session[]) => {
      remove(sessions.map(({ id }) => id))
        .then(({ deleted }) => {
          tellDeleted(deleted);
          deleted.forEach(onDeleted);
        })
        .catch(fail);
    },
  };
}
