/** The lists of sessions, and what can be done with one. Every change reaches all lists at once, and other tabs by events. */
import { type QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sessions, type SessionPatch } from '@/shared/api/endpoints';
import { conversationKey, forgetGone, isBack, orKept } from '@/shared/api/kept';
import { askAgain, changeHeld } from '@/shared/api/live';
import type { Session } from '@/shared/api/types';
import { type ListFilter, type Pages, withoutSession, withSession } from './pages';
import { markUnread } from './useUnread';

export const LISTS = ['sessions', 'list'] as const;
export const FOLDERS = ['sessions', 'folders'] as const;

export function useSessionPages(filter: ListFilter) {
  return useInfiniteQuery({
    queryKey: [...LISTS, filter],
    queryFn: ({ pageParam, signal }) => {
      const page = () => sessions.page(filter, pageParam, signal);
      return pageParam === null ? orKept(`list:${JSON.stringify(filter)}`, page) : page();
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function showSession(queries: QueryClient, session: Session): void {
  isBack(conversationKey(session.id));
  changeLists(queries, (pages, filter) => withSession(pages, session, filter));
  refreshFolders(queries, session);
  markUnread(queries, session.id, session.is_unread);
  queries.setQueryData(['sessions', 'one', session.id], session);
}

export function hideSession(queries: QueryClient, id: number): void {
  changeLists(queries, (pages) => withoutSession(pages, id));
  markUnread(queries, id, false);
  forgetGone(conversationKey(id));
  queries.removeQueries({ queryKey: ['sessions', 'one', id] });
}

/** Folders are counted by the server: asked again when a session may have come into one or left it. */
function refreshFolders(queries: QueryClient, session: Session): void {
  const before = queries.getQueryData<Session>(['sessions', 'one', session.id]);
  if (before?.folder === session.folder && before.archived === session.archived) return;
  if (session.folder === '' && (before?.folder ?? '') === '') return;
  void askAgain(queries, FOLDERS);
}

export function useFolders() {
  return useQuery({ queryKey: FOLDERS, queryFn: () => orKept('folders', sessions.folders) });
}

function changeLists(queries: QueryClient, change: (pages: Pages, filter: ListFilter) => Pages): void {
  changeHeld<Pages>(queries, LISTS, (pages, key) => change(pages, key[2] as ListFilter));
}

export function useCreateSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (fields: { persona?: number; is_temporary?: boolean } | void) => sessions.create(fields ?? {}),
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

/** Deleted at once everywhere; for a minute `restore` brings them back. */
export function useDeleteSessions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly number[]) => sessions.removeAll(ids),
    onSuccess: ({ deleted }) => {
      for (const id of deleted) hideSession(queries, id);
      void askAgain(queries, FOLDERS);
    },
  });
}

export function useRestoreSessions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly number[]) => sessions.restore(ids),
    onSuccess: ({ restored }) => {
      for (const session of restored) showSession(queries, session);
    },
  });
}
