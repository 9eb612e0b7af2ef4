/** The start of a conversation: it is made on the server with the first message. */
import { type ReactNode, type RefObject, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { NewChatView } from '@/features/chat/NewChatView';
import { putFirstMessage } from '@/features/chat/startChat';
import { LogNotice } from '@/features/house/LogNotice';
import { QuotaNotice } from '@/features/house/QuotaNotice';
import { ModelNotice } from '@/features/models/ModelNotice';
import { TemporaryNotice } from '@/features/sessions/TemporaryNotice';
import { useCreateSession } from '@/features/sessions/useSessions';
import { useSight } from '@/shared/api/useModels';
import type { Along } from '@/shared/socket/frames';
import { ChatHeader } from './ChatHeader';

interface NewChatProps {
  userName: string;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  menuButton: ReactNode;
  /** The address names no possible session. */
  isUnknown: boolean;
}

export function NewChat({ userName, inputRef, menuButton, isUnknown }: NewChatProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const isTemporary = useSearchParams()[0].has('temporary');
  const sight = useSight('');
  const { mutateAsync: create, isPending } = useCreateSession();

  useEffect(() => {
    document.title = t('app.name');
    inputRef.current?.focus();
  }, [t, inputRef]);

  const start = async (text: string, along: Along) => {
    const session = await create({ is_temporary: isTemporary });
    putFirstMessage(session.id, text, along);
    await navigate(`/c/${session.id}`);
  };
  if (isUnknown) return <Navigate to="/not-found" replace />;
  return (
    <>
      <ChatHeader title={t(isTemporary ? 'sessions.temporary' : 'sessions.new')} menuButton={menuButton} />
      <NewChatView
        userName={userName}
        isStarting={isPending}
        isTemporary={isTemporary}
        sight={sight}
        inputRef={inputRef}
        notice={
          <>
            {isTemporary ? <TemporaryNotice /> : <LogNotice />}
            <ModelNotice />
            <QuotaNotice />
          </>
        }
        onStart={start}
      />
    </>
  );
}
