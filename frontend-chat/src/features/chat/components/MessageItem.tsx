/** One message of the path. Rendered when its own row or its own running text changes, never for another's. */
import Box from '@mui/material/Box';
import { lazy, memo, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';
import type { ChatController } from '../state/controller';
import { codePointLength } from '../state/text';
import { useChatState } from '../useChat';
import { AssistantMessage } from './AssistantMessage';
import { columnStyle, wideColumnStyle } from './column';
import { EditBox } from './EditBox';
import { UserMessage } from './UserMessage';

const Comparison = lazy(() => withTexts(import('../compare/Comparison')));

interface MessageItemProps {
  chat: ChatController;
  message: Message;
  isLast: boolean;
}

export const MessageItem = memo(function MessageItem({ chat, message, isLast }: MessageItemProps) {
  const { t } = useTranslation();
  const live = useChatState(chat, (state) => state.live.get(message.id));
  const isEditing = useChatState(chat, (state) => state.editing === message.id);
  const name = message.is_user ? t('chat.you') : t('app.name');
  const text = live?.text ?? message.content;
  return (
    <Box
      component="article"
      aria-label={name}
      tabIndex={-1}
      data-testid="message"
      data-message-id={message.id}
      data-role={message.role}
      data-status={live?.status ?? message.status}
      data-text-length={live?.length ?? codePointLength(message.content)}
      sx={message.comparison ? wideColumnStyle : columnStyle}
    >
      <Box component="h2" sx={visuallyHidden}>
        {name}
      </Box>
      {isEditing ? (
        <EditBox
          keptAs={`maru.edit.${message.id}`}
          text={message.content}
          label={t(message.is_user ? 'chat.editLabel' : 'answer.editLabel')}
          sendLabel={t(message.is_user ? 'chat.editSend' : 'answer.editSave')}
          isLong={!message.is_user}
          onCancel={() => chat.setEditing(null)}
          onSend={(next) => {
            chat.setEditing(null);
            chat.edit(message, next);
          }}
        />
      ) : message.comparison ? (
        <Suspense>
          <Comparison chat={chat} message={message} comparison={message.comparison} isLast={isLast} />
        </Suspense>
      ) : message.is_user ? (
        <UserMessage chat={chat} message={message} onEdit={() => chat.setEditing(message.id)} />
      ) : (
        <AssistantMessage
          chat={chat}
          message={message}
          live={live}
          text={text}
          isLast={isLast}
          onEdit={() => chat.setEditing(message.id)}
        />
      )}
    </Box>
  );
});
