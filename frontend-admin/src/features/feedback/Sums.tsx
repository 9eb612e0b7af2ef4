/** Good and bad by model. */
import { Card, Table, TableBody, TableCell, TableContainer, TableHead, TableRow } from '@mui/material';
import { useLocale, useTranslate } from 'react-admin';
import type { FeedbackSum } from '@/shared/api/feedback';
import { count } from '@/shared/figures';

export function Sums({ sums }: { sums: FeedbackSum[] }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const names = ['good', 'bad', 'shared'] as const;
  return (
    <TableContainer component={Card} variant="outlined">
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{translate('maru.feedback.model')}</TableCell>
            {names.map((name) => (
              <TableCell align="right" key={name}>
                {translate(`maru.feedback.${name}`)}
              </TableCell>
            ))}
            <TableCell>{translate('maru.feedback.share_of_good')}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {sums.map((one) => (
            <TableRow key={one.model}>
              <TableCell sx={{ overflowWrap: 'anywhere' }}>{one.model || '–'}</TableCell>
              {names.map((name) => (
                <TableCell align="right" key={name}>
                  {count(one[`n_${name}`], locale)}
                </TableCell>
              ))}
              <TableCell>
                {translate('maru.feedback.share', {
                  n: Math.round((one.n_good / Math.max(1, one.n_good + one.n_bad)) * 100),
                })}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
