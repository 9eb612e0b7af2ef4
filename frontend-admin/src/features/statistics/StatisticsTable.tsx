/** The figures themselves. */
import {
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableFooter,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { By, Statistics, StatisticsRow } from '@/shared/api/statistics';
import { count, duration } from '@/shared/format';

const FIGURES = ['messages', 'replies', 'failed', 'users', 'prompt_tokens', 'completion_tokens', 'up', 'down'] as const;
const TIMES = [
  ['ttft', 'ttft_ms'],
  ['queue', 'queue_ms'],
  ['total_time', 'total_ms'],
] as const;

export function StatisticsTable({ found }: { found: Statistics }) {
  const translate = useTranslate();
  const locale = useLocale();
  const say = (key: string) => translate(`maru.statistics.${key}`);
  const rows =
    found.by === 'day' ? found.rows.filter((row) => row.messages + row.replies > 0).toReversed() : found.rows;
  if (rows.length === 0) {
    return (
      <Typography color="textSecondary" sx={{ p: 2 }}>
        {say('empty')}
      </Typography>
    );
  }
  const nameOf = (row: StatisticsRow) => groupName(row.group, found.by, say, locale);
  return (
    // Wide tables scroll; who has no pointer reaches them by the keyboard.
    <TableContainer aria-label={say('title')} component="section" sx={{ maxHeight: 560 }} tabIndex={0}>
      <Table size="small" stickyHeader>
        <TableHead>
          <TableRow>
            <TableCell>{say(`group.${found.by}`)}</TableCell>
            {FIGURES.map((name) => (
              <TableCell align="right" key={name} sx={{ whiteSpace: 'nowrap' }}>
                {say(name === 'failed' ? 'failures' : name)}
              </TableCell>
            ))}
            {TIMES.map(([name]) => (
              <TableCell align="right" key={name} sx={{ whiteSpace: 'nowrap' }}>
                {say(name)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <Row key={row.group} name={nameOf(row)} row={row} />
          ))}
        </TableBody>
        <TableFooter>
          <Row isTotal name={say('total')} row={found.total} />
        </TableFooter>
      </Table>
    </TableContainer>
  );
}

function groupName(group: string, by: By, say: (key: string) => string, locale: string): string {
  if (by === 'day') return new Date(group).toLocaleDateString(locale, { timeZone: 'UTC', dateStyle: 'medium' });
  return group === '' ? say(`none.${by}`) : group;
}

function Row({ row, name, isTotal = false }: { row: StatisticsRow; name: string; isTotal?: boolean }) {
  const locale = useLocale();
  const cell = { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap', ...(isTotal ? TOTAL : {}) } as const;
  return (
    <TableRow hover={!isTotal}>
      <TableCell component="th" scope="row" sx={{ ...(isTotal ? TOTAL : {}), whiteSpace: 'nowrap' }}>
        {name}
      </TableCell>
      {FIGURES.map((figure) => (
        <TableCell align="right" key={figure} sx={cell}>
          {count(row[figure], locale)}
        </TableCell>
      ))}
      {TIMES.map(([key, time]) => (
        <TableCell align="right" key={key} sx={cell}>
          {[row[`${time}_p50`], row[`${time}_p95`], row[`${time}_p99`]].map(duration).join(' / ')}
        </TableCell>
      ))}
    </TableRow>
  );
}

const TOTAL = { color: 'text.primary', fontWeight: 600, fontSize: '0.875rem' } as const;
