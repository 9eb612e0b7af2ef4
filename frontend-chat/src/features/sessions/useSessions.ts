/** The lists of sessions, and what can be done with one. Every change reaches all lists at once, and other tabs by events. */
import { type QueryClient, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { sessions, type SessionPatch } from '@/shared/api/endpoints';
import type { Session } from '@/shared/api/types';
import { type ListFilter, type Pages, withoutSession, withSession } from './pages';

const LISTS = ['sessions', 'list'] as const;

export function useSessionPages(filter: ListFilter) {
  return useInfiniteQuery({
    queryKey: [...LISTS, filter],
    queryFn: ({ pageParam, signal }) => sessions.page(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function showSession(queries: QueryClient, session: Session): void {
  changeLists(queries, (pages, filter) => withSession(pages, session, filter));
  queries.setQueryData(['sessions', 'one', session.id], session);
}

export function hideSession(queries: QueryClient, id: number): void {
  changeLists(queries, (pages) => withoutSession(pages, id));
  queries.removeQueries({ queryKey: ['sessions', 'one', id] });
}

export function refreshLists(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: LISTS });
}

function changeLists(queries: QueryClient, change: (pages: Pages, filter: ListFilter) => Pages): void {
  for (const [key, pages] of queries.getQueriesData<Pages>({ queryKey: LISTS })) {
    if (pages) queries.setQueryData(key, change(pages, key[2] as ListFilter));
  }
}

export function useCreateSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (fields: { persona?: number } | void) => sessions.create(fields ?? {}),
    onSuccess: (session) => showSession(queries, session),
  });
}

export function useUpdateSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, patch }: { id: number; patch: SessionPatch }) => sessions.update(id, patch),
    onSuccess: (session) => showSession(queries, session),
  });
}

export function useDeleteSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => sessions.remove(id),
    onSuccess: (_nothing, id) => hideSession(queries, id),
  });
}
