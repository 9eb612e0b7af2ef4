/** How the house is set, as far as everybody may know. Read once; `/ws/events/` tells of changes. */
import { useQuery } from '@tanstack/react-query';
import { house } from './endpoints';

export const HOUSE = ['house'];

/** What is known of it already, without asking: also where nobody is signed in. */
export function useKnownHouse() {
  return useQuery({ queryKey: HOUSE, queryFn: house.facts, enabled: false }).data;
}

export function useHouse() {
  return useQuery({ queryKey: HOUSE, queryFn: house.facts, staleTime: 10 * 60_000 });
}
