/** The last resort when a component throws. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';

export function CrashPage() {
  const { t } = useTranslation();
  return (
    <Box
      component="main"
      role="alert"
      sx={{ height: '100%', display: 'grid', placeContent: 'center', justifyItems: 'center', gap: 2, p: 3 }}
    >
      <Typography variant="h1">{t('crash.title')}</Typography>
      <Typography sx={{ color: 'text.secondary', textAlign: 'center' }}>{t('crash.text')}</Typography>
      <Button variant="contained" onClick={() => location.reload()}>
        {t('crash.reload')}
      </Button>
    </Box>
  );
}
