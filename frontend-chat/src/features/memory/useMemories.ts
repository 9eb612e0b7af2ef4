/** What is remembered, as rows; every change refreshes them. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type Memory, memories } from '@/shared/api/memory';
import { useProblemToast } from '@/shared/ui/useProblemToast';

const LIST = ['memories'] as const;

/** Of one kind, page by page: of questions and answers there may be thousands, which must not hide the facts. */
export function useMemories(kind: Memory['kind'], q: string) {
  return useInfiniteQuery({
    queryKey: [...LIST, kind, q],
    queryFn: ({ pageParam }) => memories.page(kind, q, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

export function useMemoryActs() {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: LIST });
  const onError = useProblemToast();
  return {
    save: useMutation({
      mutationFn: ({ id, text }: { id: number | null; text: string }) =>
        id === null ? memories.add(text) : memories.edit(id, text),
      onSuccess,
    }),
    forget: useMutation({ mutationFn: memories.forget, onSuccess, onError }),
    forgetAll: useMutation({ mutationFn: memories.forgetAll, onSuccess, onError }),
  };
}
