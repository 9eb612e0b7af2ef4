/** Messages and tokens of the last 30 days: bars for the eye, a table for everybody. */
import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { account } from '@/shared/api/account';
import { Loading } from '@/shared/ui/Loading';
import { Section } from './Section';

const DAYS = 30;
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export default function UsagePart() {
  const { t, i18n } = useTranslation();
  const asked = useQuery({
    queryKey: ['usage', zone],
    queryFn: () => account.usage(DAYS, zone),
    staleTime: 0,
  });
  const { data: usage } = asked;
  if (!usage) return <Loading of={asked} height={240} />;
  const count = (value: number) => value.toLocaleString(i18n.language);
  const day = (text: string) =>
    new Date(`${text}T12:00:00`).toLocaleDateString(i18n.language, { month: 'short', day: 'numeric' });
  const most = Math.max(1, ...usage.days.map((one) => one.n_messages));
  const used = usage.days.filter((one) => one.n_messages + one.n_replies > 0).toReversed();
  return (
    <Section title={t('account.usage')} lead={t('account.usageLead')}>
      <Box aria-hidden="true" sx={{ display: 'flex', alignItems: 'flex-end', gap: '3px', height: 96, mb: 2 }}>
        {usage.days.map((one) => (
          <Box
            key={one.day}
            title={`${day(one.day)}: ${count(one.n_messages)}`}
            sx={{
              flex: 1,
              height: `${Math.max(3, (one.n_messages / most) * 100)}%`,
              borderRadius: '3px',
              bgcolor: one.n_messages > 0 ? 'primary.main' : 'divider',
            }}
          />
        ))}
      </Box>
      <Typography variant="body2" sx={{ mb: 2 }}>
        {t('account.usageSum', {
          sessions: count(usage.n_sessions),
          megabytes: (usage.upload_bytes / 1024 / 1024).toLocaleString(i18n.language, { maximumFractionDigits: 1 }),
        })}
      </Typography>
      <Box sx={{ overflowX: 'auto' }} tabIndex={0} role="group" aria-label={t('account.usage')}>
        <Table size="small">
          <TableHead>
            <TableRow>
              <TableCell>{t('account.day')}</TableCell>
              <TableCell align="right">{t('account.messages')}</TableCell>
              <TableCell align="right">{t('account.tokensRead')}</TableCell>
              <TableCell align="right">{t('account.tokensWritten')}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {used.map((one) => (
              <TableRow key={one.day}>
                <TableCell>{day(one.day)}</TableCell>
                <TableCell align="right">{count(one.n_messages)}</TableCell>
                <TableCell align="right">{count(one.prompt_tokens)}</TableCell>
                <TableCell align="right">{count(one.completion_tokens)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Box>
    </Section>
  );
}
