/** The lower edge of the page: notices, the composer, and one honest line. */
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { COLUMN_WIDTH } from './column';

export function ComposerFooter({ notice, children }: { notice: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Box
      sx={{
        width: '100%',
        maxWidth: COLUMN_WIDTH,
        mx: 'auto',
        px: { xs: 1.5, sm: 3 },
        pb: 'max(10px, env(safe-area-inset-bottom))',
        position: 'relative',
        // What scrolls away below the box fades instead of being cut.
        '&::before': {
          content: '""',
          position: 'absolute',
          inset: '-28px 0 100%',
          background: 'linear-gradient(transparent, var(--mui-palette-background-default))',
          pointerEvents: 'none',
        },
      }}
    >
      {notice}
      {children}
      <Typography component="p" variant="caption" sx={{ textAlign: 'center', color: 'text.secondary', mt: 1, px: 1 }}>
        {t('chat.hint')}
      </Typography>
    </Box>
  );
}
