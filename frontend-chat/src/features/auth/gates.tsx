/** Who may see which page: a new house leads to the setup, a stranger to the login, somebody signed in to the chat. */
import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { forgetKept } from '@/shared/api/kept';
import { PageSkeleton } from '@/shared/ui/PageSkeleton';
import { Unreachable } from '@/shared/ui/Unreachable';
import { useAccountPreferences, useMe, useSetupState, useSignOutOn401 } from './useAuth';

export function SignedInOnly() {
  const me = useMe();
  const location = useLocation();
  useSignOutOn401();
  useAccountPreferences(me.data);
  if (me.isPending) return <PageSkeleton />;
  if (me.isLoadingError) return <Unreachable onRetry={() => me.refetch()} />;
  if (me.data === null) return <Navigate to="/login" replace state={{ from: location.pathname }} />;
  return <Outlet />;
}

export function GuestOnly() {
  const me = useMe();
  const setup = useSetupState();
  const { pathname, state } = useLocation();
  useSignOutOn401();
  const isNobody = me.data === null;
  useEffect(() => {
    if (isNobody) forgetKept();
  }, [isNobody]);
  if (me.isPending || setup.isPending) return <PageSkeleton />;
  if (me.data) return <Navigate to={fromOf(state)} replace />;
  if (setup.data?.needs_setup && pathname !== '/setup') return <Navigate to="/setup" replace />;
  if (setup.data && !setup.data.needs_setup && pathname === '/setup') return <Navigate to="/login" replace />;
  return <Outlet />;
}

function fromOf(state: unknown): string {
  if (typeof state === 'object' && state !== null && 'from' in state && typeof state.from === 'string')
    return state.from;
  return '/';
}
