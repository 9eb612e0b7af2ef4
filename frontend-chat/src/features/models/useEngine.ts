/** Whether a model can answer now. Asked again while none can. */
import { useQuery } from '@tanstack/react-query';
import { llm } from '@/shared/api/endpoints';

const WHILE_NOT_READY_MS = 5_000;
const WHILE_READY_MS = 30_000;

export function useEngine() {
  return useQuery({
    queryKey: ['llm', 'stats'],
    queryFn: async () => (await llm.stats()).state,
    staleTime: 10_000,
    refetchInterval: (query) => (query.state.data === 'ready' ? WHILE_READY_MS : WHILE_NOT_READY_MS),
  });
}
