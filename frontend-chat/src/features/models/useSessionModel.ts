/** Which model was chosen for one conversation: "" none, undefined as long as it is not known. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sessions } from '@/shared/api/endpoints';
import { useProblemToast } from '@/shared/ui/useProblemToast';

export function useSessionModel(sessionId: number): { chosen: string | undefined; choose: (model: string) => void } {
  const queries = useQueryClient();
  const key = ['config', sessionId];
  const config = useQuery({ queryKey: key, queryFn: () => sessions.config(sessionId) });
  const { mutate } = useMutation({
    mutationFn: (model: string) => sessions.updateConfig(sessionId, { model }),
    onSuccess: (changed) => queries.setQueryData(key, changed),
    onError: useProblemToast(),
  });
  return { chosen: config.data?.model, choose: mutate };
}
