/** One's limits and what is used of them today. Read again when an answer has ended, if there are limits at all. */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { account } from './account';
import type { components } from './schema';

export type Quota = components['schemas']['QuotaShape'];
export type DailyLimit = 'messages_per_day' | 'tokens_per_day';
export const DAILY: DailyLimit[] = ['messages_per_day', 'tokens_per_day'];

const QUOTA = ['quota'];

export function useQuota() {
  return useQuery({ queryKey: QUOTA, queryFn: account.quota, staleTime: 5 * 60_000 });
}

export function refreshQuota(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: QUOTA });
}

export function isLimited(queries: QueryClient): boolean {
  const quota = queries.getQueryData<Quota>(QUOTA);
  return quota !== undefined && DAILY.some((name) => quota[name].allowed > 0);
}
