/** Who is signed in. `null` means nobody; every 401 of any call leads here. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useColorScheme } from '@mui/material/styles';
import { useEffect } from 'react';
import { onSignedOut } from '@/shared/api/client';
import { auth, type Credentials, type NewAccount } from '@/shared/api/endpoints';
import { keep } from '@/shared/api/kept';
import { entered, ME, meQuery } from '@/shared/api/me';
import type { User } from '@/shared/api/types';
import { chooseLanguage } from '@/shared/i18n';
import { useProblemToast } from '@/shared/ui/useProblemToast';

export const SETUP = ['setup'] as const;

export const useMe = () => useQuery(meQuery);

export function useSetupState() {
  return useQuery({ queryKey: SETUP, queryFn: auth.setup, staleTime: 60_000 });
}

function useEnter() {
  const queries = useQueryClient();
  return ({ user }: { user: User }) => {
    // Rows of whoever was here before are not for this user's eyes.
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
    queries.setQueryData(ME, entered(user));
    keep('me', user).catch(() => undefined);
  };
}

export function useLogin() {
  return useMutation({ mutationFn: (body: Credentials) => auth.login(body), onSuccess: useEnter() });
}

export function useRegister() {
  return useMutation({ mutationFn: (body: NewAccount) => auth.register(body), onSuccess: useEnter() });
}

export function useLogout() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: auth.logout,
    onSuccess: () => {
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
      queries.setQueryData(ME, null);
    },
    onError: useProblemToast(),
  });
}

/** A call that was refused with 401 signs out; `useMe` does not ask again until somebody signs in. */
export function useSignOutOn401(): void {
  const queries = useQueryClient();
  useEffect(() => onSignedOut(() => queries.setQueryData(ME, null)), [queries]);
}

/** What the account says of language and theme wins over this browser's memory, once per sign-in. */
export function useAccountPreferences(user: User | null | undefined): void {
  const { setMode } = useColorScheme();
  const [id, language, mode] = [user?.id, user?.language, user?.theme];
  useEffect(() => {
    if (id === undefined) return;
    if (language) chooseLanguage(language).catch(() => undefined);
    if (mode && mode !== 'system') setMode(mode);
  }, [id, language, mode, setMode]);
}
