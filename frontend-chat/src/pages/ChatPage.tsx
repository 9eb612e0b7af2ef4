/** The chat: side bar, header, and either an open conversation or the start of a new one. */
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ME, useLogout, useMe } from '@/features/auth/useAuth';
import { Sidebar } from '@/features/sessions/Sidebar';
import { useAccountEvents } from '@/features/sessions/useAccountEvents';
import { AccountMenu } from '@/features/settings/AccountMenu';
import { useShortcuts } from '@/features/settings/shortcuts';
import { withTexts } from '@/shared/i18n';
import { ChatLayout } from './ChatLayout';
import { NewChat } from './NewChat';
import { OpenChat } from './OpenChat';

const ShortcutsDialog = lazy(() => withTexts(import('@/features/settings/ShortcutsDialog')));

export function ChatPage() {
  const { sessionId } = useParams();
  const id = sessionIdOf(sessionId);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: user } = useMe();
  const { mutate: logout } = useLogout();
  const [isListing, setIsListing] = useState(false);
  const searchRef = useRef<HTMLInputElement>(null);
  const inputRef = useRef<HTMLTextAreaElement>(null);

  const onDeleted = useCallback(
    (deleted: number) => {
      if (deleted === id) navigate('/', { replace: true });
    },
    [id, navigate],
  );
  const onSignedOut = useCallback(() => {
    queries.invalidateQueries({ queryKey: ME }).catch(() => undefined);
  }, [queries]);
  useAccountEvents(id, { onDeleted, onSignedOut });
  useShortcuts({
    newChat: () => navigate('/'),
    search: () => searchRef.current?.focus(),
    focus: () => inputRef.current?.focus(),
    list: () => setIsListing(true),
  });

  if (!user) return null;
  const account = <AccountMenu user={user} onLogout={() => logout()} onShortcuts={() => setIsListing(true)} />;
  const name = user.display_name || user.username;
  return (
    <>
      <ChatLayout
        sidebar={({ onHide, onNavigate }) => (
          <Sidebar
            openSession={id}
            searchRef={searchRef}
            account={account}
            onHide={onHide}
            onNavigate={onNavigate}
            onDeleted={onDeleted}
          />
        )}
      >
        {({ menuButton }) =>
          id === null ? (
            <NewChat userName={name} inputRef={inputRef} menuButton={menuButton} isUnknown={sessionId !== undefined} />
          ) : (
            <OpenChat key={id} sessionId={id} userName={name} inputRef={inputRef} menuButton={menuButton} />
          )
        }
      </ChatLayout>
      {isListing && (
        <Suspense>
          <ShortcutsDialog onClose={() => setIsListing(false)} />
        </Suspense>
      )}
    </>
  );
}

function sessionIdOf(text: string | undefined): number | null {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}
