/** One open conversation: banner, messages, composer. */
import Box from '@mui/material/Box';
import { useSnackbar } from 'notistack';
import { lazy, type ReactNode, type RefObject, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import type { Sight } from '@/shared/api/useModels';
import type { LineState } from '@/shared/socket/connection';
import { withTexts } from '@/shared/i18n';
import { frameProblemText } from '@/shared/i18n/problem';
import { stopReading } from './answer/readAloud';
import { Announcer } from './components/Announcer';
import { ChatComposer } from './composer/ChatComposer';
import { ConversationSkeleton } from './components/ConversationSkeleton';
import { ComposerFooter } from './components/ComposerFooter';
import { EmptyState } from './components/EmptyState';
import { LineBanner } from './components/LineBanner';
import { MessageList } from './components/MessageList';
import { Explain } from './slots';
import type { ChatController } from './state/controller';
import { activePath, isAnswering, shownMessages } from './state/tree';
import { useChatState } from './useChat';

const ShapedPanel = lazy(() => withTexts(import('./answer/ShapedPanel')));

export interface ChatViewProps {
  chat: ChatController;
  userName: string;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  /** Stands above the composer: what is to be known of the model. */
  notice: ReactNode;
  sight: Sight | undefined;
  onLine: (line: LineState) => void;
  onSession: (session: Session) => void;
  /** An answer failed: what is known of the engine may have changed. */
  onFailure: () => void;
}

export function ChatView({ chat, userName, inputRef, notice, sight, onLine, onSession, onFailure }: ChatViewProps) {
  const session = useChatState(chat, (state) => state.session);
  const messages = useChatState(chat, (state) => state.messages);
  const pending = useChatState(chat, (state) => state.pending);
  const line = useChatState(chat, (state) => state.line);
  const leaf = session?.active_leaf ?? null;
  const path = useMemo(() => activePath(messages, leaf), [messages, leaf]);
  const shown = useMemo(() => shownMessages(path.messages, pending), [path, pending]);
  const isRunning = useChatState(chat, (state) => isAnswering(state, path.messages));
  const last = path.messages.at(-1);
  const [explained, setExplained] = useState<number | null>(null);
  useNoticeToast(chat);
  useEffect(() => stopReading, []);

  const failures = useChatState(chat, (state) => state.failures);

  useEffect(() => onLine(line), [line, onLine]);
  useEffect(() => {
    if (failures.size > 0) onFailure();
  }, [failures, onFailure]);
  useEffect(() => {
    if (session) onSession(session);
  }, [session, onSession]);

  const isEmpty = session !== null && shown.length === 0 && pending.length === 0 && !path.isMissing && leaf === null;
  return (
    <Explain value={setExplained}>
      <LineBanner chat={chat} />
      {session === null && pending.length === 0 ? (
        <ConversationSkeleton />
      ) : isEmpty ? (
        <Box sx={{ flex: 1, minHeight: 0, overflowY: 'auto', display: 'grid', alignItems: 'center' }}>
          <EmptyState name={userName} onChoose={(text) => chat.send(text)} />
        </Box>
      ) : (
        <MessageList key={chat.sessionId} chat={chat} messages={shown} pending={pending} hasEarlier={path.hasEarlier} />
      )}
      <Announcer last={last} isAnswering={isRunning} />
      <ComposerFooter notice={notice}>
        <ChatComposer chat={chat} path={path.messages} isRunning={isRunning} sight={sight} inputRef={inputRef} />
      </ComposerFooter>
      {explained !== null && (
        <Suspense>
          <ShapedPanel chat={chat} messageId={explained} onClose={() => setExplained(null)} />
        </Suspense>
      )}
    </Explain>
  );
}

function useNoticeToast(chat: ChatController): void {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const notice = useChatState(chat, (state) => state.notice);
  useEffect(() => {
    if (!notice) return;
    enqueueSnackbar(frameProblemText(t, notice), { variant: 'error' });
    chat.closeNotice();
  }, [chat, notice, t, enqueueSnackbar]);
}
