/** One controller per open conversation, and parts of its state as React sees them: a component renders for its part only. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { connect } from '@/shared/socket/connection';
import { ChatController } from './state/controller';
import type { ChatState } from './state/types';

/** Null until the effect has opened the line: a render must not open sockets. */
export function useChat(sessionId: number): ChatController | null {
  const [chat, setChat] = useState<ChatController | null>(null);
  useEffect(() => {
    const opened = new ChatController(sessionId, { connect });
    // oxlint-disable-next-line react/set-state-in-effect -- what the effect opened is what the page shows
    setChat(opened);
    return () => opened.close();
  }, [sessionId]);
  return chat?.sessionId === sessionId ? chat : null;
}

/** `select` must return what is in the state, not something made anew. */
export function useChatState<Part>(chat: ChatController, select: (state: ChatState) => Part): Part {
  return useSyncExternalStore(chat.subscribe, () => select(chat.getState()));
}
