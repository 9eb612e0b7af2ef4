/** The box of an open conversation: its draft, its queue, its way back to the last question; who else is here. */
import Typography from '@mui/material/Typography';
import { type RefObject, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Sight } from '@/shared/api/useModels';
import type { Message } from '@/shared/api/types';
import type { Along } from '@/shared/socket/frames';
import { Composer } from '../components/Composer';
import type { ChatController } from '../state/controller';
import { useChatState } from '../useChat';
import { useChatDraft } from './useChatDraft';

const TYPING_LASTS_MS = 6_000;

interface ChatComposerProps {
  chat: ChatController;
  path: readonly Message[];
  isRunning: boolean;
  sight: Sight | undefined;
  inputRef: RefObject<HTMLTextAreaElement | null>;
}

export function ChatComposer({ chat, path, isRunning, sight, inputRef }: ChatComposerProps) {
  const [draft, setDraft] = useChatDraft(chat);
  const lastQuestion = path.findLast((message) => message.is_user);
  const send = (text: string, along: Along) => {
    setDraft('');
    chat.send(text, undefined, along);
  };
  // As long as it is not known, files go as to a temporary chat: a message of another kind keeps them, the other way they stayed.
  const isTemporary = useChatState(chat, (state) => state.session?.is_temporary ?? true);
  return (
    <>
      <Company chat={chat} />
      <Composer
        text={draft}
        onChange={setDraft}
        onSend={send}
        onStop={isRunning ? chat.stopRunning : undefined}
        onEditLast={lastQuestion && (() => chat.setEditing(lastQuestion.id))}
        isTemporary={isTemporary}
        sight={sight}
        inputRef={inputRef}
      />
    </>
  );
}

/** That one writes on another device, or only that the conversation is open there too. */
function Company({ chat }: { chat: ChatController }) {
  const { t } = useTranslation();
  const typing = useChatState(chat, (state) => state.typing);
  const others = useChatState(chat, (state) => Math.max(0, state.online - 1));
  const [stale, setStale] = useState<readonly string[]>([]);
  useEffect(() => {
    if (typing.length === 0) return;
    const timer = setTimeout(() => setStale(typing), TYPING_LASTS_MS);
    return () => clearTimeout(timer);
  }, [typing]);
  const isTyping = typing.length > 0 && typing !== stale;
  const words = isTyping
    ? t('compose.typingElsewhere')
    : others > 0
      ? t('compose.openElsewhere', { count: others })
      : '';
  if (words === '') return null;
  return (
    <Typography variant="caption" component="p" data-testid="company" sx={{ px: 2, pb: 0.5, color: 'text.secondary' }}>
      {words}
    </Typography>
  );
}
