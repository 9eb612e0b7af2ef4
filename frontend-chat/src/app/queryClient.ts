/** Rows of the server, kept by TanStack Query. What can come right by itself is tried again; the rest is shown at once. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/errors';

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // A server on this very machine is there without any network.
      queries: {
        networkMode: 'always',
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.retryable,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}
