/** Stores what the account prefers, and says why where it could not. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { auth } from './endpoints';
import { ME } from './me';

export function useUpdateMe() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: auth.updateMe,
    onSuccess: (user) => queries.setQueryData(ME, user),
    onError: useProblemToast(),
  });
}
