/** How the answers of one session are made. Each change is stored at once. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ConfigPatch, sessions } from '@/shared/api/endpoints';

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
