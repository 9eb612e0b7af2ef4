/** The dashboard's first page: what the house is doing this second, and the levers beside what they move. */
import { Alert, Box, Card, CardContent, Chip, Skeleton, Stack, Typography } from '@mui/material';
import { Title, usePermissions, useTranslate } from 'react-admin';
import { live } from '@/shared/api/live';
import { AskedButton } from './AskedButton';
import { Charts } from './Charts';
import { EngineCard } from './EngineCard';
import { Figures } from './Figures';
import { keyOf, type View } from './merge';
import { Requests } from './Requests';
import { useLive } from './useLive';

export function LivePage() {
  const translate = useTranslate();
  const { line, view, points } = useLive();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const isAdmin = permissions === 'superuser';
  return (
    <Stack spacing={3} sx={{ pt: 2, pb: 4, maxWidth: 1280 }}>
      <Title title={translate('maru.live.title')} />
      <Stack direction="row" spacing={2} sx={{ alignItems: 'center', flexWrap: 'wrap', rowGap: 1 }}>
        <Typography color="textSecondary" sx={{ flex: '1 1 320px' }} variant="body2">
          {translate('maru.live.lead')}
        </Typography>
        <Chip
          color={line === 'open' ? 'success' : line === 'connecting' ? 'default' : 'warning'}
          label={translate(`maru.live.line.${line}`)}
          component="output"
          size="small"
          variant="outlined"
        />
        {isAdmin && view !== null && <QueueLever isPaused={view.isPaused} />}
      </Stack>
      {view?.isPaused ? <Alert severity="warning">{translate('maru.live.paused')}</Alert> : null}
      {line === 'refused' ? <Alert severity="error">{translate('maru.live.line.refused')}</Alert> : null}
      {view === null ? <Skeleton height={120} variant="rounded" /> : <Now isAdmin={isAdmin} view={view} />}
      <Charts isOneOfMany={(view?.nProcesses ?? 1) > 1} points={points} />
    </Stack>
  );
}

function Now({ view, isAdmin }: { view: View; isAdmin: boolean }) {
  const translate = useTranslate();
  return (
    <>
      <Figures view={view} />
      <Section title={translate('maru.live.engines')}>
        {view.engines.length === 0 && <Typography>{translate('maru.live.no_engines')}</Typography>}
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))' }}>
          {view.engines.map((engine) => (
            <EngineCard engine={engine} isAdmin={isAdmin} key={keyOf(engine)} />
          ))}
        </Box>
      </Section>
      <Section title={translate('maru.live.requests')}>
        <Card variant="outlined">
          <CardContent sx={{ p: 0, '&:last-child': { pb: 0 } }}>
            <Requests nAll={view.nRequests} requests={view.requests} />
          </CardContent>
        </Card>
      </Section>
    </>
  );
}

export function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Box component="section">
      <Typography component="h2" sx={{ mb: 1 }} variant="h6">
        {title}
      </Typography>
      {children}
    </Box>
  );
}

function QueueLever({ isPaused }: { isPaused: boolean }) {
  const translate = useTranslate();
  const act = isPaused ? 'resume' : 'pause';
  return (
    <AskedButton
      act={() => live.pause(!isPaused)}
      label={translate(`maru.live.${act}`)}
      question={translate(`maru.live.ask.${act}`)}
      variant={isPaused ? 'contained' : 'outlined'}
    />
  );
}
