/** How far the backup is that is being made: rows, then bytes of documents. */
import { Box, LinearProgress, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { BackupState } from '@/shared/api/backups';
import { bytes, count } from '@/shared/figures';

export function Making({ state: { phase, done, total } }: { state: BackupState }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const said = phase === 'files' ? bytes : count;
  const isCounted = total > 0;
  return (
    <Box>
      <Typography sx={{ mb: 1 }} variant="body2">
        {translate(`maru.backups.phase_${isCounted ? phase : 'starting'}`, {
          done: said(done, locale),
          total: said(total, locale),
        })}
      </Typography>
      <LinearProgress
        aria-label={translate('maru.backups.running')}
        sx={{ borderRadius: 99, height: 6 }}
        value={isCounted ? Math.min(100, (100 * done) / total) : 0}
        variant={isCounted ? 'determinate' : 'indeterminate'}
      />
    </Box>
  );
}
