/** The shape of a conversation while it is on its way. */
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import { useTranslation } from 'react-i18next';
import { columnStyle } from './column';

export function ConversationSkeleton() {
  const { t } = useTranslation();
  return (
    <Box role="status" aria-label={t('app.loading')} sx={{ flex: 1, minHeight: 0, overflow: 'hidden', pt: 3 }}>
      <Box sx={columnStyle}>
        <Skeleton
          variant="rounded"
          width="55%"
          height={48}
          sx={{ ml: 'auto', borderRadius: '20px 20px 6px 20px', mb: 4 }}
        />
        <Skeleton width="94%" height={26} />
        <Skeleton width="88%" height={26} />
        <Skeleton width="91%" height={26} />
        <Skeleton width="47%" height={26} />
      </Box>
    </Box>
  );
}
