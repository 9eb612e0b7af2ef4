/** What stands around every page of somebody who is signed in: side bar, account, shortcuts, the account's events. */
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, type RefObject, Suspense, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useLogout, useMe } from '@/features/auth/useAuth';
import { Banner } from '@/features/house/Banner';
import { OpeningNotice } from '@/features/house/OpeningNotice';
import { Sidebar } from '@/features/sessions/Sidebar';
import { useAccountEvents } from '@/features/sessions/useAccountEvents';
import { useUnreadTitle } from '@/features/sessions/useUnreadTitle';
import { AccountMenu } from '@/features/settings/AccountMenu';
import { useShortcuts } from '@/features/settings/shortcuts';
import { ME } from '@/shared/api/me';
import type { User } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { notify } from '@/shared/ui/notices';
import { ChatLayout } from './ChatLayout';
import { HouseLinks } from './HouseLinks';

const ShortcutsDialog = lazy(() => withTexts(import('@/features/settings/ShortcutsDialog')));

interface HouseFrameProps {
  /** The conversation that is open; `null` on every other page. */
  sessionId?: number | null;
  /** Where the shortcut for the message box leads, if the page has one. */
  inputRef?: RefObject<HTMLTextAreaElement | null>;
  children: (parts: { user: User; menuButton: ReactNode }) => ReactNode;
}

export function HouseFrame({ sessionId = null, inputRef, children }: HouseFrameProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: user } = useMe();
  const { mutate: logout } = useLogout();
  const [isListing, setIsListing] = useState(false);
  const searchRef = useRef<HTMLInputElement>(null);

  const onDeleted = useCallback(
    (deleted: number) => {
      if (deleted === sessionId) navigate('/', { replace: true });
    },
    [sessionId, navigate],
  );
  const onSignedOut = useCallback(() => {
    queries.invalidateQueries({ queryKey: ME }).catch(() => undefined);
  }, [queries]);
  const onFinished = (id: number, name: string) => {
    const title = t('sessions.answerReady', { title: name || t('sessions.untitled') });
    notify({ title, tag: `answer-${id}`, path: `/c/${id}` }, navigate);
  };
  useAccountEvents(sessionId, { onDeleted, onSignedOut, onFinished });
  useUnreadTitle();
  useShortcuts({
    newChat: () => navigate('/'),
    search: () => searchRef.current?.focus(),
    focus: () => inputRef?.current?.focus(),
    list: () => setIsListing(true),
  });

  if (!user) return null;
  const account = <AccountMenu user={user} onLogout={() => logout()} onShortcuts={() => setIsListing(true)} />;
  return (
    <>
      <ChatLayout
        sidebar={({ onHide, onNavigate }) => (
          <Sidebar
            openSession={sessionId}
            searchRef={searchRef}
            links={<HouseLinks onNavigate={onNavigate} />}
            account={account}
            onHide={onHide}
            onNavigate={onNavigate}
            onDeleted={onDeleted}
          />
        )}
      >
        {({ menuButton }) => (
          <>
            <Banner />
            <OpeningNotice />
            {children({ user, menuButton })}
          </>
        )}
      </ChatLayout>
      {isListing && (
        <Suspense>
          <ShortcutsDialog onClose={() => setIsListing(false)} />
        </Suspense>
      )}
    </>
  );
}
