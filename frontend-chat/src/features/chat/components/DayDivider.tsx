/** Names the day on which what follows was written. */
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import { dayOf, daysAgo } from '../times';
import { columnStyle } from './column';

export function DayDivider({ stamp }: { stamp: string }) {
  const { t } = useTranslation();
  const days = daysAgo(stamp);
  const name = days === 0 ? t('chat.today') : days === 1 ? t('chat.yesterday') : dayOf(stamp);
  return (
    <Box sx={columnStyle}>
      <Box
        component="p"
        sx={{
          my: 1.5,
          display: 'flex',
          alignItems: 'center',
          gap: 2,
          fontSize: '0.78rem',
          color: 'text.secondary',
          '&::before, &::after': { content: '""', flex: 1, borderTop: 1, borderColor: 'divider' },
        }}
      >
        {name}
      </Box>
    </Box>
  );
}
