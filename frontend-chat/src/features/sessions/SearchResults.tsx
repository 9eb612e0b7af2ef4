/** What search found, newest first: the conversation's title and the words around the hit. A press leads to the message. */
import List from '@mui/material/List';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import Typography from '@mui/material/Typography';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { sessions } from '@/shared/api/endpoints';
import type { Hit } from '@/shared/api/types';
import { Marked } from '@/shared/ui/Marked';
import { EndMark } from './EndMark';
import { Hint, ListSkeleton } from './SessionList';

export default function SearchResults({ query, onNavigate }: { query: string; onNavigate: () => void }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery({
    queryKey: ['sessions', 'search', query],
    queryFn: ({ pageParam, signal }) => sessions.search(query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  if (found.isPending) return <ListSkeleton />;
  if (found.isError) return <Hint text={t('sessions.loadFailed')} />;
  const hits = found.data.pages.flatMap((page) => page.results);
  if (hits.length === 0) return <Hint text={t('sessions.nothingFound', { query })} />;
  return (
    <>
      <List dense disablePadding aria-label={t('organise.hits')}>
        {hits.map((hit) => (
          <HitItem key={`${hit.kind}${hit.message ?? hit.session}`} hit={hit} onNavigate={onNavigate} />
        ))}
      </List>
      {found.hasNextPage && <EndMark onSeen={found.fetchNextPage} isLoading={found.isFetchingNextPage} />}
    </>
  );
}

function HitItem({ hit, onNavigate }: { hit: Hit; onNavigate: () => void }) {
  const { t } = useTranslation();
  const to = `/c/${hit.session}${hit.message ? `?m=${hit.message}` : ''}`;
  return (
    <ListItem disablePadding data-testid="hit">
      <ListItemButton
        component={Link}
        to={to}
        onClick={onNavigate}
        sx={{ borderRadius: '10px', display: 'block', px: 1.5, py: 1 }}
      >
        <Typography variant="body2" noWrap sx={{ fontWeight: 600 }}>
          {hit.kind === 'title' ? (
            <Marked text={hit.snippet} ranges={hit.ranges} />
          ) : (
            hit.session_title || t('sessions.untitled')
          )}
        </Typography>
        {hit.kind === 'message' && (
          <Typography variant="caption" component="p" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
            <Marked text={hit.snippet} ranges={hit.ranges} />
          </Typography>
        )}
      </ListItemButton>
    </ListItem>
  );
}
