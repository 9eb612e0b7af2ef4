/** Day by day: messages, tokens, people, ratings, and how long the first token took. */
import { Box, Card, CardContent, useTheme } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { StatisticsRow } from '@/shared/api/statistics';
import { BarChart, type Bars, LineChart } from '@/shared/charts';
import { duration, short } from '@/shared/format';

const DAY_S = 86_400;

export function DayCharts({ rows }: { rows: readonly StatisticsRow[] }) {
  const translate = useTranslate();
  const locale = useLocale();
  const { palette } = useTheme();
  const say = (key: string) => translate(`maru.statistics.${key}`);
  const day = new Intl.DateTimeFormat(locale, { month: 'numeric', day: 'numeric', timeZone: 'UTC' });
  const at = rows.map((row) => Date.parse(row.group) / 1000);
  const labels = at.map((seconds) => day.format(seconds * 1000));
  const [first, second, third] = [palette.primary.main, palette.secondary.main, palette.info.main];
  const bars = (
    key: 'messages' | 'replies' | 'prompt_tokens' | 'completion_tokens' | 'users' | 'up' | 'down',
    color: string,
  ): Bars => ({
    key,
    label: say(key),
    color,
    values: rows.map((row) => row[key]),
  });
  const charts: [string, Bars[]][] = [
    ['messages', [bars('messages', first), bars('replies', second)]],
    ['tokens', [bars('prompt_tokens', second), bars('completion_tokens', first)]],
    ['users', [bars('users', first)]],
    ['feedback', [bars('up', second), bars('down', palette.warning.main)]],
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
      {charts.map(([name, parts]) => (
        <Card key={name} variant="outlined">
          <CardContent sx={{ '&:last-child': { pb: 1.5 } }}>
            <BarChart format={short} labels={labels} parts={parts} title={say(`chart.${name}`)} />
          </CardContent>
        </Card>
      ))}
      <Card variant="outlined">
        <CardContent sx={{ '&:last-child': { pb: 1.5 } }}>
          <LineChart
            at={at}
            empty={say('empty')}
            format={duration}
            formatTime={(seconds) => day.format(seconds * 1000)}
            gap={1.5 * DAY_S}
            lines={[
              { key: 'p50', label: 'p50', color: first, values: rows.map((row) => row.ttft_ms_p50) },
              { key: 'p95', label: 'p95', color: second, dash: '7 4', values: rows.map((row) => row.ttft_ms_p95) },
              { key: 'p99', label: 'p99', color: third, dash: '2 4', values: rows.map((row) => row.ttft_ms_p99) },
            ]}
            span={Math.max(1, rows.length - 1) * DAY_S}
            title={say('chart.ttft')}
          />
        </CardContent>
      </Card>
    </Box>
  );
}
