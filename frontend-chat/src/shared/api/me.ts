/** Who is signed in, as a query: `null` means nobody. Every reader takes these options, since the last one's are those of all. */
import { queryOptions } from '@tanstack/react-query';
import { auth } from './endpoints';
import { ApiError } from './errors';
import { orKept } from './kept';
import { sessionKept } from '@/shared/storage';
import type { User } from './types';

export const ME = ['me'] as const;

const OWNER = 'maru.owner';

/** Words in this tab that are not sent are of who wrote them: another one who signs in here does not find them. */
export function entered(user: User): User {
  const before = sessionKept.getItem(OWNER);
  if (before !== null && before !== String(user.id)) sessionKept.clear();
  sessionKept.setItem(OWNER, String(user.id));
  return user;
}

export const meQuery = queryOptions<User | null>({
  queryKey: ME,
  queryFn: () =>
    orKept<User>('me', auth.me).then(entered, (error: unknown) => {
      if (error instanceof ApiError && error.code === 'not_authenticated') return null;
      throw error;
    }),
  staleTime: Infinity,
});
