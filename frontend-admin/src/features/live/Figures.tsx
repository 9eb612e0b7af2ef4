/** The first glance: a row of figures. */
import { Box, Card, LinearProgress, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import { bytes, count, duration, rate } from '@/shared/format';
import type { View } from './merge';

interface FigureProps {
  label: string;
  value: string;
  note?: string;
  /** 0 to 100, where the figure is a part of something. */
  percent?: number;
}

function Figure({ label, value, note, percent }: FigureProps) {
  return (
    <Card component="li" sx={{ p: 1.5, minWidth: 0, listStyle: 'none' }} variant="outlined">
      <Typography color="textSecondary" noWrap variant="body2">
        {label}
      </Typography>
      <Typography sx={{ fontVariantNumeric: 'tabular-nums', fontWeight: 650, fontSize: '1.5rem', lineHeight: 1.3 }}>
        {value}
      </Typography>
      {percent !== undefined && (
        <LinearProgress
          aria-hidden
          color={percent >= 90 ? 'warning' : 'primary'}
          sx={{ my: 0.5, borderRadius: 1, height: 4 }}
          value={Math.min(100, percent)}
          variant="determinate"
        />
      )}
      {note !== undefined && (
        <Typography color="textSecondary" noWrap variant="caption">
          {note}
        </Typography>
      )}
    </Card>
  );
}

export function Figures({ view }: { view: View }) {
  const translate = useTranslate();
  const locale = useLocale();
  const { host } = view;
  const say = (key: string, places = {}) => translate(`maru.live.${key}`, places);
  const memory = (100 * host.memory_used_bytes) / host.memory_total_bytes;
  return (
    <Box
      component="ul"
      sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'repeat(auto-fill, minmax(150px, 1fr))', m: 0, p: 0 }}
    >
      <Figure label={say('running')} value={count(view.nRunning, locale)} />
      <Figure label={say('waiting')} value={count(view.nQueued, locale)} />
      <Figure label={say('tokens_per_second')} value={rate(view.tokensPerSecond)} />
      <Figure label={say('ttft')} note={say('last_minute')} value={duration(view.ttft.p95)} />
      <Figure label={say('queue')} note={say('last_minute')} value={duration(view.queue.p95)} />
      <Figure
        label={say('sockets')}
        note={say('processes', { smart_count: view.nProcesses })}
        value={count(view.sockets, locale)}
      />
      <Figure
        label={say('cpu')}
        note={say('cpu_of', { n: host.n_cpus })}
        percent={host.cpu_percent}
        value={`${Math.round(host.cpu_percent)} %`}
      />
      <Figure
        label={say('memory')}
        note={say('of_total', { total: bytes(host.memory_total_bytes) })}
        percent={memory}
        value={bytes(host.memory_used_bytes)}
      />
      {numbered(host.gpus).map(({ gpu, key }) => (
        <Figure
          key={key}
          label={gpu.name}
          note={`${bytes(gpu.memory_used_bytes)} / ${bytes(gpu.memory_total_bytes)}`}
          percent={(100 * gpu.memory_used_bytes) / Math.max(1, gpu.memory_total_bytes)}
          value={gpu.busy_percent === null ? '–' : `${Math.round(gpu.busy_percent)} %`}
        />
      ))}
    </Box>
  );
}

/** Two cards of one name are two figures: the second is `name 2`. */
function numbered<T extends { name: string }>(gpus: readonly T[]) {
  const seen = new Map<string, number>();
  return gpus.map((gpu) => {
    const n = (seen.get(gpu.name) ?? 0) + 1;
    seen.set(gpu.name, n);
    return { gpu, key: `${gpu.name} ${n}` };
  });
}
