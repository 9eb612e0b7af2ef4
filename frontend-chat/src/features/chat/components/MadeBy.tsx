/** When an answer was made, by which model, how long it is and how long it took. */
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { MessageTime } from './MessageTime';

export function MadeBy({ message }: { message: Message }) {
  const { t } = useTranslation();
  const parts = [
    message.model,
    !message.token_count ? '' : t('chat.tokens', { count: message.token_count }),
    message.processing_time === null ? '' : t('chat.seconds', { seconds: message.processing_time.toFixed(1) }),
  ].filter((part) => part !== '');
  return (
    <>
      <MessageTime message={message} />
      <Box
        component="span"
        sx={{ fontSize: '0.78rem', color: 'text.secondary', display: { xs: 'none', sm: 'inline' } }}
      >
        {parts.join(' · ')}
      </Box>
    </>
  );
}
