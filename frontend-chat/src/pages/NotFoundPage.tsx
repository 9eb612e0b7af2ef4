/** What does not exist, or is not yours. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Logo } from '@/shared/ui/Logo';

export default function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Box
      component="main"
      sx={{
        height: '100%',
        display: 'grid',
        placeContent: 'center',
        justifyItems: 'center',
        gap: 2,
        p: 3,
        textAlign: 'center',
      }}
    >
      <Logo size={44} />
      <Typography variant="h1">{t('notFound.title')}</Typography>
      <Typography sx={{ color: 'text.secondary' }}>{t('notFound.text')}</Typography>
      <Button component={Link} to="/" variant="contained">
        {t('app.back')}
      </Button>
    </Box>
  );
}
