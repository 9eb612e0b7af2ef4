/** Which models there are, and whether one can answer now. Asked again while none can. */
import { useQuery } from '@tanstack/react-query';
import { llm } from '@/shared/api/endpoints';
import type { EngineState } from '@/shared/api/types';

const WHILE_NOT_READY_MS = 5_000;

export function useModels() {
  return useQuery({ queryKey: ['llm', 'models'], queryFn: llm.models, staleTime: 60_000 });
}

export function useEngine() {
  return useQuery({
    queryKey: ['llm', 'stats'],
    queryFn: async () => bestOf(await llm.stats()),
    staleTime: 10_000,
    refetchInterval: (query) => (query.state.data === 'ready' ? false : WHILE_NOT_READY_MS),
  });
}

type State = EngineState['state'];
const BEST_FIRST: readonly State[] = ['ready', 'starting', 'down', 'no_model'];

/** One engine that is ready is enough. */
function bestOf(answer: EngineState | { engines: EngineState[] }): State {
  const engines = 'engines' in answer ? answer.engines : [answer];
  return BEST_FIRST.find((state) => engines.some((engine) => engine.state === state)) ?? 'no_model';
}
