/** The last 15 minutes, hour or day as curves. The newest points are those that the page itself has seen. */
import { Box, Card, CardContent, Stack, ToggleButton, ToggleButtonGroup, Typography, useTheme } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocale, useTranslate } from 'react-admin';
import { live, type History, type Range } from '@/shared/api/live';
import { type Line, LineChart } from '@/shared/charts';
import { duration, rate, short } from '@/shared/format';
import { type Point, withNews } from './points';

const RANGES: Record<Range, { span: number; every: number }> = {
  '15m': { span: 900, every: 300_000 },
  '1h': { span: 3_600, every: 15_000 },
  '24h': { span: 86_400, every: 300_000 },
};
/** The server looks every 15 s when nobody watches. */
const LOOK_S = 15;
const percent = (value: number) => `${Math.round(value)} %`;

interface ChartsProps {
  points: readonly Point[];
  isOneOfMany: boolean;
}

export function Charts({ points, isOneOfMany }: ChartsProps) {
  const translate = useTranslate();
  const [range, setRange] = useState<Range>('15m');
  const say = (key: string) => translate(`maru.live.${key}`);
  const { data } = useQuery({
    queryKey: ['live', 'history', range],
    queryFn: () => live.history(range),
    refetchInterval: RANGES[range].every,
  });
  return (
    <Box component="section">
      <Stack
        direction="row"
        sx={{ justifyContent: 'space-between', alignItems: 'center', flexWrap: 'wrap', gap: 1, mb: 1 }}
      >
        <Typography component="h2" variant="h6">
          {say('charts')}
        </Typography>
        <ToggleButtonGroup
          aria-label={say('charts')}
          exclusive
          onChange={(_, next: Range | null) => next !== null && setRange(next)}
          size="small"
          value={range}
        >
          {(Object.keys(RANGES) as Range[]).map((one) => (
            <ToggleButton key={one} sx={{ textTransform: 'none', px: 1.5 }} value={one}>
              {say(`range.${one}`)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Stack>
      {data !== undefined && <Curves history={range === '15m' ? withNews(data, points) : data} range={range} />}
      <Typography color="textSecondary" component="p" sx={{ mt: 1 }} variant="caption">
        {say('chart.hint')} {isOneOfMany ? say('chart.one_process') : ''}
      </Typography>
    </Box>
  );
}

function line(key: string, label: string, color: string, values: Line['values'], dash?: string): Line {
  return { key, label, color, values, dash };
}

function Curves({ history, range }: { history: History; range: Range }) {
  const translate = useTranslate();
  const locale = useLocale();
  const { palette } = useTheme();
  const say = (key: string) => translate(`maru.live.chart.${key}`);
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const [first, second, third] = [palette.primary.main, palette.secondary.main, palette.info.main];
  const spread = (name: 'ttft' | 'itl' | 'queue'): Line[] => [
    line('p50', 'p50', first, history[`${name}_p50`]),
    line('p95', 'p95', second, history[`${name}_p95`], '7 4'),
    line('p99', 'p99', third, history[`${name}_p99`], '2 4'),
  ];
  const charts: { title: string; lines: Line[]; format: (value: number) => string }[] = [
    { title: say('tokens'), lines: [line('tokens', say('tokens'), first, history.tokens_per_second)], format: rate },
    {
      title: say('load'),
      lines: [
        line('run', say('requests'), first, history.n_running),
        line('wait', say('queued'), second, history.n_queued, '7 4'),
      ],
      format: short,
    },
    { title: say('ttft'), lines: spread('ttft'), format: duration },
    { title: say('itl'), lines: spread('itl'), format: duration },
    { title: say('queue'), lines: spread('queue'), format: duration },
    {
      title: say('machine'),
      lines: [
        line('cpu', say('cpu'), first, history.cpu_percent),
        line('memory', say('memory'), second, history.memory_percent, '7 4'),
        line('kv', say('kv'), third, history.kv_percent, '2 4'),
      ],
      format: percent,
    },
  ];
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))',
        '& > *': { minWidth: 0 },
      }}
    >
      {charts.map((chart) => (
        <Card key={chart.title} variant="outlined">
          <CardContent sx={{ '&:last-child': { pb: 1.5 } }}>
            <LineChart
              at={history.at}
              empty={say('empty')}
              format={chart.format}
              formatTime={(seconds) => clock.format(seconds * 1000)}
              gap={Math.max(LOOK_S, history.step_s) * 2.5}
              lines={chart.lines}
              span={RANGES[range].span}
              title={chart.title}
            />
          </CardContent>
        </Card>
      ))}
    </Box>
  );
}
