/** The list in the side bar: pages on scroll, search results, menu, rename and delete. */
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useSnackbar } from 'notistack';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { problemText } from '@/shared/i18n/problem';
import { EndMark } from './EndMark';
import { SessionItem } from './SessionItem';
import type { MenuTarget } from './SessionMenu';
import { SessionSections } from './SessionSections';
import { useDeleteSession, useSessionPages, useUpdateSession } from './useSessions';
import { useUnread } from './useUnread';

const SessionActs = lazy(() => import('./SessionActs'));

interface SessionListProps {
  search: string;
  openSession: number | null;
  onNavigate: () => void;
  onDeleted: (id: number) => void;
}

const PINNED = { pinned: true };
const OTHERS = { pinned: false };

export function SessionList({ search, openSession, onNavigate, onDeleted }: SessionListProps) {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const [menu, setMenu] = useState<MenuTarget | null>(null);
  const [hasMenu, setHasMenu] = useState(false);
  const [renaming, setRenaming] = useState<number | null>(null);
  const [deleting, setDeleting] = useState<Session | null>(null);
  const unread = useUnread((state) => state.ids);
  const { mutate: update } = useUpdateSession();
  const { mutate: remove } = useDeleteSession();
  const pinned = useSessionPages(PINNED);
  const list = useSessionPages(useMemo(() => (search ? { search } : OTHERS), [search]));

  const rows = useMemo(() => {
    const found = list.data?.pages.flatMap((page) => page.results) ?? [];
    return search ? found : [...(pinned.data?.pages.flatMap((page) => page.results) ?? []), ...found];
  }, [list.data, pinned.data, search]);

  const fail = useCallback(
    (error: Error) =>
      enqueueSnackbar(problemText(t, { code: 'error', ...error, message: error.message }), { variant: 'error' }),
    [enqueueSnackbar, t],
  );
  const openMenu = useCallback((session: Session, anchor: HTMLElement) => {
    setHasMenu(true);
    setMenu({ session, anchor });
  }, []);
  const rename = useCallback(
    (session: Session, title: string | null) => {
      setRenaming(null);
      if (title && title !== session.title) update({ id: session.id, patch: { title } }, { onError: fail });
    },
    [update, fail],
  );
  const confirmDelete = (session: Session) => {
    setDeleting(null);
    remove(session.id, {
      onError: fail,
      onSuccess: () => {
        enqueueSnackbar(t('sessions.deleted'));
        onDeleted(session.id);
      },
    });
  };

  if (list.isPending) return <ListSkeleton />;
  if (list.isError) return <Hint text={t('sessions.loadFailed')} />;
  return (
    <>
      {rows.length === 0 && (
        <Hint text={search ? t('sessions.nothingFound', { query: search }) : t('sessions.empty')} />
      )}
      <SessionSections sessions={rows}>
        {(session) => (
          <SessionItem
            key={session.id}
            session={session}
            isOpen={session.id === openSession}
            isUnread={unread.has(session.id)}
            isRenaming={renaming === session.id}
            onMenu={openMenu}
            onRename={rename}
            onNavigate={onNavigate}
          />
        )}
      </SessionSections>
      {list.hasNextPage && <EndMark onSeen={list.fetchNextPage} isLoading={list.isFetchingNextPage} />}
      {hasMenu && (
        <Suspense>
          <SessionActs
            target={menu}
            deleting={deleting}
            onClose={() => setMenu(null)}
            onRename={(session) => setRenaming(session.id)}
            onPin={(session) => update({ id: session.id, patch: { pinned: !session.pinned } }, { onError: fail })}
            onAskDelete={setDeleting}
            onDelete={confirmDelete}
          />
        </Suspense>
      )}
    </>
  );
}

function Hint({ text }: { text: string }) {
  return (
    <Typography variant="body2" sx={{ px: 1.5, py: 2, color: 'text.secondary' }}>
      {text}
    </Typography>
  );
}

function ListSkeleton() {
  const { t } = useTranslation();
  return (
    <Box role="status" aria-label={t('app.loading')} sx={{ px: 1.5, pt: 1 }}>
      {[88, 64, 76, 52, 70].map((width) => (
        <Skeleton key={width} width={`${width}%`} height={36} />
      ))}
    </Box>
  );
}
