/** The prompt library as rows; every change refreshes the list. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type PromptInput, prompts } from '@/shared/api/library';
import type { Prompt } from '@/shared/api/types';
import { useProblemToast } from '@/shared/ui/useProblemToast';

const LIST = ['prompts'] as const;

export function usePrompts() {
  return useQuery({ queryKey: LIST, queryFn: prompts.list });
}

export function useVersions(id: number | null) {
  return useQuery({
    queryKey: [...LIST, id, 'versions'],
    queryFn: () => prompts.versions(id ?? 0),
    enabled: id !== null,
  });
}

export function useSavePrompt(prompt: Prompt | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: PromptInput) => (prompt ? prompts.update(prompt.id, body) : prompts.create(body)),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST }),
  });
}

export function useDeletePrompt() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => prompts.remove(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST }),
    onError: useProblemToast(),
  });
}
