/** The models one may choose from. One query for all who ask. */
import { useQuery } from '@tanstack/react-query';
import { llm } from './endpoints';

export function useModels() {
  return useQuery({ queryKey: ['llm', 'models'], queryFn: llm.models, staleTime: 60_000 });
}
