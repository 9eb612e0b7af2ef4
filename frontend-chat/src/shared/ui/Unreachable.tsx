/** Shown instead of a page when the server does not answer. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Logo } from './Logo';

export function Unreachable({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <Box
      component="main"
      role="alert"
      sx={{ height: '100%', display: 'grid', placeContent: 'center', justifyItems: 'center', gap: 2, p: 3 }}
    >
      <Logo size={44} />
      <Typography sx={{ textAlign: 'center' }}>{t('errors.offline')}</Typography>
      <Button variant="contained" onClick={onRetry}>
        {t('app.retry')}
      </Button>
    </Box>
  );
}
