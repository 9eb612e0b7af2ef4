/** Who won against whom: the share of a row's model, ties counted half, over the column's; with the number of votes. */
import { Card, Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { Ranking } from '@/shared/api/ranking';

const keyOf = (model: string, other: string) => JSON.stringify([model, other]);

export function WinRates({ found }: { found: Ranking }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const say = (key: string, places = {}) => translate(`maru.ranking.${key}`, places);
  const names = found.models.map(({ model }) => model);
  const met = new Map<string, { points: number; n: number }>();
  for (const { model, other, n_won, n_tied, n_lost } of found.pairs) {
    const n = n_won + n_tied + n_lost;
    met.set(keyOf(model, other), { points: n_won + n_tied / 2, n });
    met.set(keyOf(other, model), { points: n_lost + n_tied / 2, n });
  }
  const cell = (model: string, other: string) => {
    const pair = met.get(keyOf(model, other));
    if (!pair) return model === other ? '' : '–';
    return `${(pair.points / pair.n).toLocaleString(locale, { style: 'percent' })} (${pair.n.toLocaleString(locale)})`;
  };
  return (
    <Card variant="outlined">
      <Typography component="h2" sx={{ p: 2, pb: 1 }} variant="h6">
        {say('rates')}
      </Typography>
      <TableContainer aria-label={say('rates')} component="section" tabIndex={0}>
        <Table size="small" sx={{ '& td': { whiteSpace: 'nowrap' } }}>
          <TableHead>
            <TableRow>
              <TableCell>{say('against')}</TableCell>
              {names.map((other) => (
                <TableCell align="right" key={other} sx={{ overflowWrap: 'anywhere', minWidth: 96 }}>
                  {other}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {names.map((model) => (
              <TableRow key={model}>
                <TableCell component="th" scope="row" sx={{ overflowWrap: 'anywhere', minWidth: 140 }}>
                  {model}
                </TableCell>
                {names.map((other) => (
                  <TableCell align="right" key={other}>
                    {cell(model, other)}
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Card>
  );
}
