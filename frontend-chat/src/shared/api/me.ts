/** Who is signed in, as a query: `null` means nobody. Every reader takes these options, since the last one's are those of all. */
import { queryOptions } from '@tanstack/react-query';
import { auth } from './endpoints';
import { ApiError } from './errors';
import { orKept } from './kept';
import type { User } from './types';

export const ME = ['me'] as const;

export const meQuery = queryOptions<User | null>({
  queryKey: ME,
  queryFn: () =>
    orKept<User>('me', auth.me).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 'not_authenticated') return null;
      throw error;
    }),
  staleTime: Infinity,
});
