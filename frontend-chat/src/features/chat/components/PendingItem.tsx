/** A message of ours that is not confirmed: on its way, waiting for the line, or refused with a way out. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { frameProblemText } from '@/shared/i18n/problem';
import type { ChatController } from '../state/controller';
import type { Pending } from '../state/types';
import { useChatState } from '../useChat';
import { columnStyle } from './column';
import { SentFiles } from '../composer/SentFiles';
import { PlainText } from './PlainText';
import { UserBubble } from './UserBubble';

export const PendingItem = memo(function PendingItem({ chat, pending }: { chat: ChatController; pending: Pending }) {
  const { t } = useTranslation();
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  const { clientId, text, attachments, failure, editOf } = pending;
  const isAnswer = useChatState(chat, (state) => editOf !== null && state.messages.get(editOf)?.is_user === false);
  return (
    <Box
      component="article"
      aria-label={t('chat.you')}
      data-testid="pending-message"
      data-client-id={clientId}
      sx={columnStyle}
    >
      <Box sx={{ display: 'flex', flexDirection: 'column', alignItems: isAnswer ? 'stretch' : 'flex-end' }}>
        {attachments.length > 0 && <SentFiles attachments={attachments} />}
        {isAnswer ? <PlainText text={text} /> : <UserBubble text={text} isPending />}
        <Box
          sx={{
            minHeight: 34,
            display: 'flex',
            alignItems: 'center',
            gap: 1,
            fontSize: '0.8rem',
            color: failure ? 'error.main' : 'text.secondary',
          }}
        >
          {failure ? (
            <>
              <span>
                {t('chat.notSent')}: {frameProblemText(t, failure)}
              </span>
              <Button size="small" onClick={() => chat.retry(clientId)}>
                {t('app.retry')}
              </Button>
              <Button size="small" color="inherit" onClick={() => chat.discard(clientId)}>
                {t('chat.discard')}
              </Button>
            </>
          ) : (
            <span>{isOpen ? t('chat.sending') : t('chat.sendingLater')}</span>
          )}
        </Box>
      </Box>
    </Box>
  );
});
