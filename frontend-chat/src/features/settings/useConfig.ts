/** How the answers of one session are made. Each change is stored at once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ConfigPatch, llm, sessions } from '@/shared/api/endpoints';

export function useConfig(sessionId: number) {
  return useQuery({ queryKey: ['config', sessionId], queryFn: () => sessions.config(sessionId) });
}

export function useUpdateConfig(sessionId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (patch: ConfigPatch) => sessions.updateConfig(sessionId, patch),
    onSuccess: (config) => queries.setQueryData(['config', sessionId], config),
  });
}

export function useModelChoice() {
  return useQuery({ queryKey: ['llm', 'models'], queryFn: llm.models, staleTime: 60_000 });
}
