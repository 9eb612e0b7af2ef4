/** One engine: whether it is well, what it serves, what it did for this process. */
import { Alert, Box, Card, CardContent, Chip, Stack, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { Engine } from '@/shared/api/engines';
import { count } from '@/shared/figures';
import { EngineActs, type EngineActsProps } from './EngineActs';

const COLOURS = {
  ready: 'success',
  starting: 'info',
  no_model: 'warning',
  down: 'error',
  gone: 'error',
  draining: 'warning',
} as const;

export function EngineCard({ engine, isAdmin, onEdit }: EngineActsProps) {
  const translate = useTranslate();
  const state = engine.is_draining && engine.state === 'ready' ? 'draining' : engine.state;
  const about = [
    translate(`maru.engines.origin.${engine.origin}`),
    engine.url,
    engine.url ? translate(`maru.engines.key.${engine.key_state}`) : '',
    engine.may_be_private && engine.url ? translate('maru.engines.private') : '',
    engine.sees_images === null ? '' : translate(`maru.engines.sees.${engine.sees_images ? 'yes' : 'no'}`),
  ].filter(Boolean);
  return (
    <Card component="section" aria-label={engine.name} variant="outlined">
      <CardContent>
        <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, flexWrap: 'wrap' }}>
          <Box sx={{ minWidth: 0 }}>
            <Stack direction="row" sx={{ gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
              <Typography component="h2" sx={{ overflowWrap: 'anywhere' }} variant="h6">
                {engine.name}
              </Typography>
              <Chip color={COLOURS[state]} label={translate(`maru.engines.state.${state}`)} size="small" />
            </Stack>
            <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }} variant="body2">
              {about.join(' · ')}
            </Typography>
          </Box>
          <EngineActs engine={engine} isAdmin={isAdmin} onEdit={onEdit} />
        </Stack>
        {engine.detail ? (
          <Alert severity="warning" sx={{ mt: 1.5 }}>
            {engine.detail}
          </Alert>
        ) : null}
        <Figures engine={engine} />
      </CardContent>
    </Card>
  );
}

function Figures({ engine }: { engine: Engine }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const ms = (value: number | null) => (value === null ? '–' : `${count(Math.round(value), locale)} ms`);
  const speed = engine.tokens_per_second;
  const rows = [
    ['weight', count(engine.weight, locale)],
    ['slots', count(engine.n_slots, locale)],
    ['running', count(engine.n_running, locale)],
    ['requests', count(engine.n_requests, locale)],
    ['failed', count(engine.n_failed, locale)],
    ['moved', count(engine.n_moved, locale)],
    ['prefill', ms(engine.prefill_ms)],
    ['duration', ms(engine.duration_ms)],
    ['speed', speed ? translate('maru.engines.per_s', { n: count(speed, locale) }) : '–'],
    ...(engine.seen_at ? [['seen', new Date(engine.seen_at).toLocaleTimeString(locale)]] : []),
  ] as [string, string][];
  return (
    <>
      <Box
        component="dl"
        sx={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(104px, 1fr))', gap: 1.5, m: 0, mt: 2 }}
      >
        {rows.map(([name, value]) => (
          <Box key={name}>
            <Typography color="textSecondary" component="dt" variant="caption">
              {translate(`maru.engines.${name}`)}
            </Typography>
            <Typography component="dd" sx={{ m: 0, fontVariantNumeric: 'tabular-nums' }} variant="body2">
              {value}
            </Typography>
          </Box>
        ))}
      </Box>
      <Typography sx={{ mt: 1.5, overflowWrap: 'anywhere' }} variant="body2">
        <Box component="span" sx={{ color: 'text.secondary' }}>
          {translate('maru.engines.models')}:{' '}
        </Box>
        {engine.models.join(', ') || translate('maru.engines.no_models')}
      </Typography>
    </>
  );
}
