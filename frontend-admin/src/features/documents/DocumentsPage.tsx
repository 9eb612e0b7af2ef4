/** Documents: one's own and the house's, which everybody's conversations may look things up in. */
import { Button } from '@mui/material';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslate } from 'react-admin';
import { DOCUMENTS, documents, type DocumentRow } from '@/shared/api/library';
import { isIn, LibraryPage, type Scope } from '@/shared/library/LibraryPage';
import { DocumentDialog } from './DocumentDialog';
import { DocumentLine } from './DocumentLine';
import { PublishDialog } from './PublishDialog';

const BUSY_MS = 1500;
const isBusy = (row: DocumentRow) => row.status !== 'ready' && row.status !== 'failed';
const cursorOf = (next: string | null) =>
  next ? (new URL(next, location.origin).searchParams.get('cursor') ?? '') : '';

export function DocumentsPage() {
  const translate = useTranslate();
  const client = useQueryClient();
  const [search, setSearch] = useState('');
  const [scope, setScope] = useState<Scope>('all');
  const [edited, setEdited] = useState<DocumentRow | null>(null);
  const [published, setPublished] = useState<DocumentRow | 'new' | null>(null);
  const wanted = useDeferredValue(search.trim());
  const found = useInfiniteQuery({
    queryKey: [...DOCUMENTS, wanted],
    queryFn: ({ pageParam }) => documents.page(wanted, pageParam),
    initialPageParam: '',
    getNextPageParam: (page) => cursorOf(page.next) || undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.results.some(isBusy)) ? BUSY_MS : false),
  });
  const rows = found.data?.pages.flatMap((page) => page.results).filter((row) => isIn(scope, row));
  const again = () => void client.invalidateQueries({ queryKey: DOCUMENTS });
  return (
    <LibraryPage
      action={
        <Button onClick={() => setPublished('new')} variant="contained">
          {translate('maru.library.documents.add')}
        </Button>
      }
      error={found.error}
      isEmpty={rows?.length === 0 && !found.hasNextPage}
      isPending={found.isPending}
      kind="documents"
      onScope={setScope}
      onSearch={setSearch}
      scope={scope}
      search={search}
    >
      {rows?.map((row) => (
        <DocumentLine
          document={row}
          key={row.id}
          onChanged={again}
          onEdit={() => setEdited(row)}
          onPublish={() => setPublished(row)}
        />
      ))}
      {found.hasNextPage ? (
        <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {translate('maru.library.documents.more')}
        </Button>
      ) : null}
      {edited ? <DocumentDialog document={edited} onChanged={again} onClose={() => setEdited(null)} /> : null}
      {published ? (
        <PublishDialog
          document={published === 'new' ? null : published}
          onChanged={again}
          onClose={() => setPublished(null)}
        />
      ) : null}
    </LibraryPage>
  );
}
