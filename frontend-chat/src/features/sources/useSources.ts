/** What an answer was made with, and the passages around one of its citations. Asked for when somebody looks. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { answerWithout, documents, recallOf } from '@/shared/api/memory';
import { useProblemToast } from '@/shared/ui/useProblemToast';

export function useRecall(message: number, isOpen: boolean) {
  return useQuery({ queryKey: ['recall', message], queryFn: () => recallOf(message), enabled: isOpen });
}

export function usePassages(document: number, chunk: number, q: string) {
  return useQuery({ queryKey: ['around', chunk, q], queryFn: () => documents.around(document, chunk, q) });
}

export function useAnswerWithout() {
  return useMutation({
    mutationFn: ({ message, entry }: { message: number; entry: number }) => answerWithout(message, entry),
    onError: useProblemToast(),
  });
}
