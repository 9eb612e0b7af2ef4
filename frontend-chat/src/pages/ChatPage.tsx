/** The chat: either an open conversation or the start of a new one. */
import { lazy, useRef } from 'react';
import { useParams } from 'react-router';
import { ChatSlots } from '@/features/chat/slots';
import { HouseFrame } from './HouseFrame';
import { NewChat } from './NewChat';
import { OpenChat } from './OpenChat';

const AnswerSources = lazy(() => import('@/features/sources/AnswerSources'));

const SLOTS = { UnderAnswer: AnswerSources };

export function ChatPage() {
  const { sessionId } = useParams();
  const id = sessionIdOf(sessionId);
  const inputRef = useRef<HTMLTextAreaElement>(null);
  return (
    <HouseFrame sessionId={id} inputRef={inputRef}>
      {({ user, menuButton }) => {
        const name = user.display_name || user.username;
        return id === null ? (
          <NewChat userName={name} inputRef={inputRef} menuButton={menuButton} isUnknown={sessionId !== undefined} />
        ) : (
          <ChatSlots value={SLOTS}>
            <OpenChat key={id} sessionId={id} userName={name} inputRef={inputRef} menuButton={menuButton} />
          </ChatSlots>
        );
      }}
    </HouseFrame>
  );
}

function sessionIdOf(text: string | undefined): number | null {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}
