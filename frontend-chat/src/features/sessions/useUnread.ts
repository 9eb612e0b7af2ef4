/**
 * Sessions in which an answer ended that nobody has looked at. The server keeps the marks, so that they are the same on all
 * devices; events change them here.
 */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { sessions } from '@/shared/api/endpoints';
import { changeHeld } from '@/shared/api/live';

export const UNREAD = ['sessions', 'unread'] as const;
const NONE: readonly number[] = [];

/** `select` sees their ids: a component renders for its part only. */
export function useUnread<Part>(select: (ids: readonly number[]) => Part): Part {
  const { data } = useQuery({ queryKey: UNREAD, queryFn: sessions.unread, staleTime: Infinity, select });
  return data ?? select(NONE);
}

export function markUnread(queries: QueryClient, id: number, isUnread: boolean): void {
  changeHeld<readonly number[]>(queries, UNREAD, (ids) => {
    if (ids.includes(id) === isUnread) return ids;
    return isUnread ? [...ids, id] : ids.filter((one) => one !== id);
  });
}
