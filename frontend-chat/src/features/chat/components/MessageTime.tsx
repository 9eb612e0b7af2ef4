/** When a message was written; pointing at it tells the day and the second. */
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { clockTime, fullTime } from '../times';

export function MessageTime({ message }: { message: Message }) {
  const { t } = useTranslation();
  return (
    <Box
      component="span"
      sx={{ fontSize: '0.78rem', color: 'text.secondary', whiteSpace: 'nowrap', px: 0.75 }}
      title={fullTime(message.timestamp)}
    >
      <time dateTime={message.timestamp}>{clockTime(message.timestamp)}</time>
      {message.edited_at !== null && ` · ${t('chat.edited')}`}
    </Box>
  );
}
