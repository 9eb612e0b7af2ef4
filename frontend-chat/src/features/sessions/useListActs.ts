/** What is done with sessions of the list; failures become a toast, deletions one that takes them back. */
import type { SessionPatch } from '@/shared/api/endpoints';
import type { Session } from '@/shared/api/types';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { useUndoToast } from './useUndoToast';
import { useDeleteSessions, useUpdateSession } from './useSessions';

export function useListActs(onDeleted: (id: number) => void) {
  const { mutateAsync: update } = useUpdateSession();
  const { mutateAsync: remove } = useDeleteSessions();
  const tellDeleted = useUndoToast();
  const fail = useProblemToast();
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
