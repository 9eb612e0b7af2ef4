/** Each kind of thing on the disk with a bar of its share; largest first, what is empty is left out. */
import { Box, Card, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { StorageReport } from '@/shared/api/storage';
import { bytes, count } from '@/shared/figures';

export function Parts({ parts }: { parts: StorageReport['parts'] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const shown = parts.filter((part) => part.size_bytes > 0).toSorted((a, b) => b.size_bytes - a.size_bytes);
  const most = Math.max(1, ...shown.map((part) => part.size_bytes));
  return (
    <Card component="ul" sx={{ m: 0, p: 2.5, display: 'grid', gap: 2, listStyle: 'none' }} variant="outlined">
      {shown.map((part) => (
        <Box component="li" data-testid={`part-${part.name}`} key={part.name}>
          <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 2, mb: 0.75 }}>
            <Typography variant="body2">{translate(`maru.storage.part.${part.name}`)}</Typography>
            <Typography sx={{ fontVariantNumeric: 'tabular-nums', textAlign: 'right' }} variant="body2">
              {bytes(part.size_bytes, locale)}
              {part.n_files > 1 && (
                <Box component="span" sx={{ color: 'text.secondary' }}>
                  {' · '}
                  {translate('maru.storage.n_files', { n: count(part.n_files, locale) })}
                </Box>
              )}
            </Typography>
          </Box>
          <Box aria-hidden sx={{ height: 6, borderRadius: 99, bgcolor: 'action.hover' }}>
            <Box
              sx={{
                height: 1,
                width: `${Math.max(0.5, (100 * part.size_bytes) / most)}%`,
                borderRadius: 99,
                bgcolor: 'primary.main',
              }}
            />
          </Box>
        </Box>
      ))}
    </Card>
  );
}
