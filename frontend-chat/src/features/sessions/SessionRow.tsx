/** One session of a list with what the list knows of it: open, unread, selected, being renamed. */
import ListItem from '@mui/material/ListItem';
import { lazy, memo, Suspense } from 'react';
import type { Session } from '@/shared/api/types';
import { useListUi } from './listUi';
import { SessionItem } from './SessionItem';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { useUpdateSession } from './useSessions';
import { useUnread } from './useUnread';

const SelectableRow = lazy(() => import('./SelectableRow'));

interface SessionRowProps {
  session: Session;
  isOpen: boolean;
  onNavigate: () => void;
}

export const SessionRow = memo(function SessionRow({ session, isOpen, onNavigate }: SessionRowProps) {
  const isUnread = useUnread((ids) => ids.includes(session.id));
  const isRenaming = useListUi((state) => state.renaming === session.id);
  const isSelected = useListUi((state) => state.selected?.has(session.id));
  const openMenu = useListUi((state) => state.openMenu);
  const rename = useListUi((state) => state.rename);
  const { mutate: update } = useUpdateSession();
  const onError = useProblemToast();
  if (isSelected !== undefined) {
    return (
      <Suspense fallback={<ListItem sx={{ minHeight: 40 }} />}>
        <SelectableRow session={session} isSelected={isSelected} />
      </Suspense>
    );
  }
  const onRename = (_session: Session, title: string | null) => {
    if (!isRenaming) {
      rename(session.id);
      return;
    }
    rename(null);
    if (title && title !== session.title) update({ id: session.id, patch: { title } }, { onError });
  };
  return (
    <SessionItem
      session={session}
      isOpen={isOpen}
      isUnread={isUnread}
      isRenaming={isRenaming}
      onMenu={openMenu}
      onRename={onRename}
      onNavigate={onNavigate}
    />
  );
});
