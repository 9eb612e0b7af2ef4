/** Whether Enter sends (the account's setting). Reads what is known of who is signed in; asks nobody. */
import { skipToken, useQuery } from '@tanstack/react-query';
import type { User } from './types';

export function useEnterSends(): boolean {
  const { data } = useQuery<User | null>({ queryKey: ['me'], queryFn: skipToken });
  return data?.enter_sends ?? true;
}
