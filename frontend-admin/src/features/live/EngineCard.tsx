/** One engine: how it does, its slots and KV cache as a strip, and what an administrator may do to it. */
import { Box, Card, CardActions, CardContent, Chip, Stack, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import { live, type LiveEngine } from '@/shared/api/live';
import { bytes, count, duration, rate } from '@/shared/format';
import { AskedButton } from './AskedButton';
import { SlotStrip } from './SlotStrip';

const COLOR = { ready: 'success', starting: 'info', no_model: 'warning', down: 'error' } as const;

interface EngineProps {
  engine: LiveEngine;
  isAdmin: boolean;
}

export function EngineCard({ engine, isAdmin }: EngineProps) {
  const translate = useTranslate();
  const locale = useLocale();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  return (
    <Card component="article" sx={{ display: 'flex', flexDirection: 'column' }} variant="outlined">
      <CardContent sx={{ flex: 1 }}>
        <Stack direction="row" spacing={1} sx={{ alignItems: 'center', flexWrap: 'wrap', rowGap: 0.5, mb: 1.5 }}>
          <Typography component="h3" sx={{ fontWeight: 650, overflowWrap: 'anywhere' }} variant="subtitle1">
            {engine.model || engine.name}
          </Typography>
          {engine.model !== '' && (
            <Typography color="textSecondary" variant="body2">
              {engine.name}
            </Typography>
          )}
          <Box sx={{ flex: 1 }} />
          <Chip color={COLOR[engine.state]} label={say(`state.${engine.state}`)} size="small" variant="outlined" />
          {engine.is_draining && <Chip color="warning" label={say('draining')} size="small" variant="outlined" />}
          {engine.is_paused && <Chip color="warning" label={say('is_paused')} size="small" variant="outlined" />}
        </Stack>
        {engine.detail !== '' && (
          <Typography color="error" sx={{ mb: 1 }} variant="body2">
            {locale === 'ko' ? engine.detail_ko : engine.detail}
          </Typography>
        )}
        <SlotStrip engine={engine} />
        <Facts engine={engine} />
      </CardContent>
      {isAdmin && <Levers engine={engine} />}
    </Card>
  );
}

function Facts({ engine }: { engine: LiveEngine }) {
  const translate = useTranslate();
  const locale = useLocale();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  const spread = (name: 'ttft' | 'itl' | 'queue') =>
    [engine[name].p50, engine[name].p95, engine[name].p99].map(duration).join(' / ');
  const cached =
    engine.prompt_tokens_total > 0 ? (100 * engine.cached_tokens_total) / engine.prompt_tokens_total : null;
  const failed = engine.requests_failed_total > 0 ? `, ${say('failed', { n: engine.requests_failed_total })}` : '';
  const facts: [string, string][] = [
    [`${say('ttft_short')} ${say('latency')}`, spread('ttft')],
    [`${say('itl_short')} ${say('latency')}`, spread('itl')],
    [`${say('queue_short')} ${say('latency')}`, spread('queue')],
    [say('tokens_per_second'), rate(engine.tokens_per_second)],
    [say('handled'), count(engine.requests_total, locale) + failed],
    [say('written'), count(engine.completion_tokens_total, locale)],
    [say('cached'), cached === null ? '–' : `${Math.round(cached)} %`],
    [say('uptime'), duration(engine.uptime_s * 1000)],
    [say('restarts'), count(engine.restarts, locale)],
    [say('rss'), engine.rss_bytes === null ? '–' : bytes(engine.rss_bytes)],
  ];
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 320px), 1fr))',
        columnGap: 5,
        rowGap: 0.5,
        mt: 2,
        mb: 0,
      }}
    >
      {facts.map(([name, value]) => (
        <Box key={name} sx={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', gap: 2 }}>
          <Typography color="textSecondary" component="dt" variant="body2">
            {name}
          </Typography>
          <Typography
            component="dd"
            sx={{ m: 0, textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
            variant="body2"
          >
            {value}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}

function Levers({ engine }: { engine: LiveEngine }) {
  const translate = useTranslate();
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  const drain = engine.is_draining ? 'undrain' : 'drain';
  return (
    <CardActions sx={{ px: 2, pb: 1.5 }}>
      <AskedButton
        act={() => live.drain(engine.name, !engine.is_draining)}
        label={say(drain)}
        name={`${say(drain)}: ${engine.name}`}
        question={say(`ask.${drain}`, { name: engine.name })}
      />
      {engine.can_restart && (
        <AskedButton
          act={() => live.restart(engine.name, engine.model)}
          color="warning"
          done={say('done.restart')}
          label={say('restart')}
          name={`${say('restart')}: ${engine.model}`}
          question={say('ask.restart', { name: engine.model })}
        />
      )}
    </CardActions>
  );
}
