/** The shape of the page while it is not known yet what to show. */
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import { useTranslation } from 'react-i18next';

export function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <Box role="status" aria-label={t('app.loading')} sx={{ maxWidth: 760, mx: 'auto', p: 4, pt: 12 }}>
      <Skeleton width="38%" height={36} />
      <Skeleton width="92%" />
      <Skeleton width="86%" />
      <Skeleton width="60%" />
    </Box>
  );
}
