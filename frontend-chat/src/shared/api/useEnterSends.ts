/** Whether Enter sends (the account's setting). Reads what is known of who is signed in; asks nobody. */
import { useQuery } from '@tanstack/react-query';
import { meQuery } from './me';

export function useEnterSends(): boolean {
  return useQuery({ ...meQuery, enabled: false }).data?.enter_sends ?? true;
}
