/** The frame of the pages for guests: mark, heading, form, and the promise of privacy. */
import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LanguageButton } from '@/shared/ui/LanguageButton';
import { Logo } from '@/shared/ui/Logo';

export function AuthCard({
  title,
  text,
  children,
  footer,
}: {
  title: string;
  text?: string;
  children: ReactNode;
  footer?: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Box component="main" sx={{ height: '100%', overflow: 'auto', display: 'grid', placeItems: 'center', p: 3 }}>
      <Box sx={{ position: 'fixed', top: 16, right: 16 }}>
        <LanguageButton />
      </Box>
      <Box sx={{ width: '100%', maxWidth: 400 }}>
        <Stack spacing={1} sx={{ alignItems: 'flex-start', mb: 4 }}>
          <Logo size={44} />
          <Typography variant="h1" sx={{ pt: 2 }}>
            {title}
          </Typography>
          <Typography sx={{ color: 'text.secondary' }}>{text ?? t('app.tagline')}</Typography>
        </Stack>
        {children}
        <Stack spacing={2} sx={{ mt: 3 }}>
          {footer}
          <Typography variant="caption" sx={{ color: 'text.secondary' }}>
            {t('auth.privacy')}
          </Typography>
        </Stack>
      </Box>
    </Box>
  );
}
