/** What is remembered, as rows; every change refreshes them. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { memories } from '@/shared/api/memory';

const LIST = ['memories'] as const;

export function useMemories(q: string) {
  return useQuery({ queryKey: [...LIST, q], queryFn: () => memories.list(q), placeholderData: keepPreviousData });
}

export function useMemoryActs() {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: LIST });
  return {
    save: useMutation({
      mutationFn: ({ id, text }: { id: number | null; text: string }) =>
        id === null ? memories.add(text) : memories.edit(id, text),
      onSuccess,
    }),
    forget: useMutation({ mutationFn: memories.forget, onSuccess }),
    forgetAll: useMutation({ mutationFn: memories.forgetAll, onSuccess }),
  };
}
