/** The list in the side bar: pinned, folders, the others by day; pages on scroll; or the archive. */
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { withTexts } from '@/shared/i18n';
import { EndMark } from './EndMark';
import { useListUi } from './listUi';
import type { ListFilter } from './pages';
import { SessionRow } from './SessionRow';
import { SessionSections } from './SessionSections';
import { useFolders, useSessionPages } from './useSessions';

const SessionActs = lazy(() => withTexts(import('./SessionActs')));
const Folders = lazy(() => withTexts(import('./Folders')));

interface SessionListProps {
  openSession: number | null;
  isArchive: boolean;
  onNavigate: () => void;
  onDeleted: (id: number) => void;
}

const PINNED: ListFilter = { pinned: true };
const OTHERS: ListFilter = { pinned: false, in_folder: false };
const ARCHIVED: ListFilter = { archived: true };

export function SessionList({ openSession, isArchive, onNavigate, onDeleted }: SessionListProps) {
  const { t } = useTranslation();
  const pinned = useSessionPages(PINNED);
  const list = useSessionPages(isArchive ? ARCHIVED : OTHERS);
  const { data: folders } = useFolders();
  const isBusy = useListUi((state) => state.menu !== null || state.asked !== null || state.selected !== null);
  const [wasBusy, setWasBusy] = useState(isBusy);
  if (isBusy && !wasBusy) setWasBusy(true);

  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.results) ?? [], [list.data]);
  const pins = useMemo(() => pinned.data?.pages.flatMap((page) => page.results) ?? [], [pinned.data]);
  if (list.isPending) return <ListSkeleton />;
  if (list.isError && rows.length === 0) return <Hint text={t('sessions.loadFailed')} />;

  const row = (session: (typeof rows)[number]) => (
    <SessionRow key={session.id} session={session} isOpen={session.id === openSession} onNavigate={onNavigate} />
  );
  const hasFolders = !isArchive && folders !== undefined && folders.length > 0;
  const isEmpty = rows.length === 0 && (isArchive || (pins.length === 0 && !hasFolders));
  return (
    <>
      {isEmpty && <Hint text={t(isArchive ? 'sessions.archiveEmpty' : 'sessions.empty')} />}
      {!isArchive && <SessionSections sessions={pins}>{row}</SessionSections>}
      <Suspense>
        {hasFolders && <Folders folders={folders} openSession={openSession} onNavigate={onNavigate} />}
        {wasBusy && <SessionActs onDeleted={onDeleted} />}
      </Suspense>
      <SessionSections sessions={rows}>{row}</SessionSections>
      {list.hasNextPage && <EndMark onSeen={list.fetchNextPage} isLoading={list.isFetchingNextPage} />}
    </>
  );
}

export function Hint({ text }: { text: string }) {
  return (
    <Typography variant="body2" sx={{ px: 1.5, py: 2, color: 'text.secondary' }}>
      {text}
    </Typography>
  );
}

export function ListSkeleton() {
  const { t } = useTranslation();
  return (
    <Box role="status" aria-label={t('app.loading')} sx={{ px: 1.5, pt: 1 }}>
      {[88, 64, 76, 52, 70].map((width) => (
        <Skeleton key={width} width={`${width}%`} height={36} />
      ))}
    </Box>
  );
}
