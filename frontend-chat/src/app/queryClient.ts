/** Rows of the server, kept by TanStack Query. What can come right by itself is tried again; the rest is shown at once. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/errors';

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.retryable,
      },
      mutations: { retry: false },
    },
  });
}
