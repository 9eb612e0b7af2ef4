/** One engine: whether it is well, what it serves, what it did for this process. */
import { Alert, Box, Button, Card, CardContent, Chip, Stack, Typography } from '@mui/material';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { engines, type Engine } from '@/shared/api/engines';
import { count } from '@/shared/figures';
import { sentenceOf, useAct } from '@/shared/useAct';

const COLOURS = {
  ready: 'success',
  starting: 'info',
  no_model: 'warning',
  down: 'error',
  gone: 'error',
  draining: 'warning',
} as const;

interface EngineCardProps {
  engine: Engine;
  isAdmin: boolean;
  onEdit: () => void;
}

export function EngineCard({ engine, isAdmin, onEdit }: EngineCardProps) {
  const translate = useTranslate();
  const state = engine.is_draining && engine.state === 'ready' ? 'draining' : engine.state;
  const about = [
    translate(`maru.engines.origin.${engine.origin}`),
    engine.url,
    engine.url ? translate(`maru.engines.key.${engine.key_state}`) : '',
    engine.may_be_private && engine.url ? translate('maru.engines.private') : '',
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

function EngineActs({ engine, isAdmin, onEdit }: EngineCardProps) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const client = useQueryClient();
  const [question, setQuestion] = useState<'drain' | 'remove' | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ['engines'] });
  const drain = useAct((is_draining: boolean) => engines.change(engine.name, { is_draining }), again);
  const remove = useAct(() => engines.remove(engine.name), again);
  const test = useMutation({ mutationFn: () => engines.test(engine.name) });
  const isOurs = isAdmin && engine.origin !== 'configuration';
  const found = test.data;
  return (
    <Stack sx={{ alignItems: { xs: 'flex-start', sm: 'flex-end' }, gap: 0.5 }}>
      <Stack direction="row" sx={{ gap: 0.5, flexWrap: 'wrap' }}>
        <Button disabled={test.isPending || engine.state === 'gone'} onClick={() => test.mutate()} size="small">
          {translate('maru.engines.test')}
        </Button>
        {isOurs ? (
          <Button onClick={() => (engine.is_draining ? drain.mutate(false) : setQuestion('drain'))} size="small">
            {translate(engine.is_draining ? 'maru.engines.undrain' : 'maru.engines.drain')}
          </Button>
        ) : null}
        {isOurs && engine.origin === 'administrator' ? (
          <Button onClick={onEdit} size="small">
            {translate('maru.engines.edit')}
          </Button>
        ) : null}
        {isOurs ? (
          <Button color="error" onClick={() => setQuestion('remove')} size="small">
            {translate('maru.engines.remove')}
          </Button>
        ) : null}
      </Stack>
      <Box aria-live="polite">
        {found ? (
          <Typography color={found.is_good ? 'success.main' : 'error.main'} variant="body2">
            {found.is_good
              ? translate('maru.engines.test_good', {
                  model: found.model,
                  n: found.n_tokens,
                  ms: count(found.ttft_ms ?? 0, locale),
                })
              : found.detail}
          </Typography>
        ) : null}
        {test.error ? (
          <Typography color="error.main" variant="body2">
            {translate(sentenceOf(test.error))}
          </Typography>
        ) : null}
      </Box>
      {question ? (
        <Confirm
          content={translate(`maru.engines.${question}_ask`, { name: engine.name })}
          isOpen
          onClose={() => setQuestion(null)}
          onConfirm={() => {
            if (question === 'drain') drain.mutate(true);
            else remove.mutate(undefined);
            setQuestion(null);
          }}
          title={translate(`maru.engines.${question}`)}
        />
      ) : null}
    </Stack>
  );
}
