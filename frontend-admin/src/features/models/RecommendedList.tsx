/** A short list of models that are worth their memory, and whether they fit here. */
import { Button, Chip, Stack, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { Recommended } from '@/shared/api/models';
import { count } from '@/shared/figures';

const GIB = 1024 ** 3;

interface RecommendedListProps {
  rows: Recommended[];
  free: number | null;
  onChoose: ((row: Recommended) => void) | undefined;
}

export function RecommendedList({ rows, free, onChoose }: RecommendedListProps) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  return (
    <Stack sx={{ gap: 0.5 }}>
      <Typography component="h3" sx={{ fontWeight: 600 }} variant="body1">
        {translate('maru.models.bring.recommended')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
        {translate('maru.models.bring.recommended_text')}
      </Typography>
      {rows.map((row) => (
        <Stack
          direction="row"
          key={row.file}
          sx={{ gap: 1, alignItems: 'center', flexWrap: 'wrap', py: 0.5, borderTop: 1, borderColor: 'divider' }}
        >
          <Stack sx={{ flex: '1 1 260px', minWidth: 0 }}>
            <Typography sx={{ overflowWrap: 'anywhere' }} variant="body2">
              {row.file}
            </Typography>
            <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }} variant="caption">
              {row.repo} · {count(row.size_gib, locale)} GiB
            </Typography>
          </Stack>
          {row.is_korean ? <Chip label={translate('maru.models.bring.korean')} size="small" /> : null}
          {row.kind === 'embedding' ? (
            <Chip label={translate('maru.models.kind.embedding')} size="small" variant="outlined" />
          ) : null}
          <Chip
            color={free !== null && row.memory_gib * GIB <= free ? 'success' : 'default'}
            label={
              free !== null && row.memory_gib * GIB <= free
                ? translate('maru.models.bring.fits_here')
                : translate('maru.models.bring.from_memory', { n: row.memory_gib })
            }
            size="small"
            variant="outlined"
          />
          {onChoose ? (
            <Button
              aria-label={`${translate('maru.models.bring.choose')}: ${row.file}`}
              onClick={() => onChoose(row)}
              size="small"
            >
              {translate('maru.models.bring.choose')}
            </Button>
          ) : null}
        </Stack>
      ))}
    </Stack>
  );
}
