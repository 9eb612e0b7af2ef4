/** Who opened a conversation that is not his, when, and why. */
import { Box, Typography } from '@mui/material';
import { useLocale, useRecordContext, useTranslate } from 'react-admin';
import type { SessionDetail } from '@/shared/api/glass';

export function Readers() {
  // HAZARD: coming from the list this is the list's row first, which does not have everything.
  const session = useRecordContext<Pick<SessionDetail, 'id'> & Partial<SessionDetail>>();
  const translate = useTranslate();
  const locale = useLocale();
  if (!session?.openings) return null;
  return (
    <Box aria-labelledby="readers" component="section" sx={{ my: 1 }}>
      <Typography component="h2" id="readers" variant="subtitle2">
        {translate('maru.glass.readers')}
      </Typography>
      {session.openings.length === 0 && (
        <Typography color="textSecondary" variant="body2">
          {translate('maru.glass.nobody')}
        </Typography>
      )}
      {session.openings.map((one) => (
        <Typography key={one.id} sx={{ overflowWrap: 'anywhere' }} variant="body2">
          {new Date(one.opened_at).toLocaleString(locale)} · {one.reader ?? translate('maru.glass.gone')} ·{' '}
          {translate(`maru.glass.kind_${one.kind}`)} · {one.reason}
        </Typography>
      ))}
    </Box>
  );
}
