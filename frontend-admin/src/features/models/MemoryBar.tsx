/** The machine's memory: what each loaded model needs, what others use, what is free. */
import { Box, Card, CardContent, Stack, Tooltip, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { ModelList, ModelRow } from '@/shared/api/models';
import { bytes } from '@/shared/figures';

const needOf = ({ memory }: ModelRow) => (memory ? memory.weights + memory.context + memory.compute : 0);

const COLOURS = ['primary.main', 'secondary.main', 'info.main', 'warning.main'];

export function MemoryBar({ list }: { list: ModelList }) {
  const translate = useTranslate();
  const locale = useLocale();
  const { free_bytes: free, total_bytes: total } = list;
  if (free === null) return <Typography color="textSecondary">{translate('maru.models.no_local')}</Typography>;
  const loaded = list.models.filter((model) => model.is_loaded);
  const use = translate('maru.models.memory_use', { free: bytes(free, locale), total: bytes(total, locale) });
  return (
    <Card variant="outlined">
      <CardContent>
        <Stack direction="row" sx={{ justifyContent: 'space-between', flexWrap: 'wrap', gap: 1, mb: 1.5 }}>
          <Typography component="h2" variant="h6">
            {translate('maru.models.memory')}
          </Typography>
          <Typography color="textSecondary" variant="body2">
            {use}
          </Typography>
        </Stack>
        <Box
          aria-hidden
          sx={{ display: 'flex', height: 14, borderRadius: 99, overflow: 'hidden', bgcolor: 'action.hover' }}
        >
          {loaded.map((model, n) => (
            <Tooltip key={model.id} title={`${model.id}: ${bytes(needOf(model), locale)}`}>
              <Box
                sx={{
                  flex: `0 0 ${(needOf(model) / total) * 100}%`,
                  minWidth: 4,
                  bgcolor: COLOURS[n % COLOURS.length],
                }}
              />
            </Tooltip>
          ))}
          <Box sx={{ flex: `0 1 ${Math.max(0, 1 - free / total) * 100}%`, bgcolor: 'text.disabled', opacity: 0.5 }} />
        </Box>
      </CardContent>
    </Card>
  );
}
