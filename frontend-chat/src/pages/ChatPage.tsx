/** The chat: either an open conversation or the start of a new one. */
import { useRef } from 'react';
import { useParams } from 'react-router';
import { HouseFrame } from './HouseFrame';
import { NewChat } from './NewChat';
import { OpenChat } from './OpenChat';

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
          <OpenChat key={id} sessionId={id} userName={name} inputRef={inputRef} menuButton={menuButton} />
        );
      }}
    </HouseFrame>
  );
}

function sessionIdOf(text: string | undefined): number | null {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}
