/** Changes of the account, stored at once; a failure becomes a toast. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { account } from '@/shared/api/account';
import { ME } from '@/shared/api/me';
import { useProblemToast } from '@/shared/ui/useProblemToast';

export function useChangeMe() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: account.change,
    onSuccess: (user) => queries.setQueryData(ME, user),
    onError: useProblemToast(),
  });
}
