/** Strengths with their 95 % intervals, as figures and as lines on one scale. */
import { Box, Card, Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { RankedModel } from '@/shared/api/ranking';
import { count } from '@/shared/figures';

export function Strengths({ models }: { models: RankedModel[] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const say = (key: string, places = {}) => translate(`maru.ranking.${key}`, places);
  const hasGroups = models.some((model) => model.group > 0);
  const whole = (n: number) => Math.round(n).toLocaleString(locale);
  const ends = models.flatMap(({ rating, low, high }) => [low ?? rating, high ?? rating]);
  const scale = { from: Math.min(...ends), to: Math.max(...ends) };
  return (
    <Card variant="outlined">
      <Typography component="h2" sx={{ p: 2, pb: 1 }} variant="h6">
        {say('strengths')}
      </Typography>
      <TableContainer aria-label={say('strengths')} component="section" tabIndex={0}>
        <Table size="small" sx={{ '& td, & th': { whiteSpace: 'nowrap' } }}>
          <TableHead>
            <TableRow>
              {hasGroups && <TableCell align="right">{say('group')}</TableCell>}
              <TableCell align="right">{say('rank')}</TableCell>
              <TableCell>{say('model')}</TableCell>
              <TableCell align="right">{say('rating')}</TableCell>
              <TableCell>{say('interval')}</TableCell>
              {(['n_votes', 'n_won', 'n_tied', 'n_lost'] as const).map((name) => (
                <TableCell align="right" key={name}>
                  {say(`columns.${name}`)}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {models.map((row) => (
              <TableRow key={row.model}>
                {hasGroups && <TableCell align="right">{row.group + 1}</TableCell>}
                <TableCell align="right">{row.rank}</TableCell>
                <TableCell
                  component="th"
                  scope="row"
                  sx={{ minWidth: 140, maxWidth: 280, overflowWrap: 'anywhere', '&&': { whiteSpace: 'normal' } }}
                >
                  {row.model}
                </TableCell>
                <TableCell align="right">{whole(row.rating)}</TableCell>
                <TableCell sx={{ minWidth: 180 }}>
                  <Line row={row} scale={scale} />
                  <Typography color="textSecondary" variant="caption">
                    {row.low === null || row.high === null ? say('few') : `${whole(row.low)} – ${whole(row.high)}`}
                  </Typography>
                </TableCell>
                {(['n_votes', 'n_won', 'n_tied', 'n_lost'] as const).map((name) => (
                  <TableCell align="right" key={name}>
                    {count(row[name], locale)}
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
      <Typography color="textSecondary" sx={{ p: 2, pt: 1 }} variant="body2">
        {say('how')}
      </Typography>
    </Card>
  );
}

/** The interval as a line, the strength as a dot on it. The figures beside it say the same. */
function Line({ row, scale }: { row: RankedModel; scale: { from: number; to: number } }) {
  const at = (value: number) => ((value - scale.from) / Math.max(1, scale.to - scale.from)) * 100;
  const low = at(row.low ?? row.rating);
  const high = at(row.high ?? row.rating);
  return (
    <Box aria-hidden="true" sx={{ position: 'relative', height: 14, mx: 0.75 }}>
      <Box sx={{ position: 'absolute', top: 6.5, left: 0, right: 0, height: '1px', bgcolor: 'divider' }} />
      {row.low !== null && (
        <Box
          sx={{
            position: 'absolute',
            top: 5,
            left: `${low}%`,
            width: `${high - low}%`,
            height: 4,
            borderRadius: '2px',
            bgcolor: 'primary.main',
            opacity: 0.45,
          }}
        />
      )}
      <Box
        sx={{
          position: 'absolute',
          top: 2,
          left: `calc(${at(row.rating)}% - 5px)`,
          width: 10,
          height: 10,
          borderRadius: '50%',
          bgcolor: row.low === null ? 'text.disabled' : 'primary.main',
        }}
      />
    </Box>
  );
}
