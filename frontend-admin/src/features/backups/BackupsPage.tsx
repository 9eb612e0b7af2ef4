/** Backups: one made now with its true progress, those on the disk, and how one is restored. */
import { Alert, Box, Button, Card, Skeleton, Typography } from '@mui/material';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Title, useLocale, useNotify, useTranslate } from 'react-admin';
import { Link } from 'react-router-dom';
import { BACKUPS, type Backups, backups } from '@/shared/api/backups';
import { bytes } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';
import { ArchiveRow } from './ArchiveRow';
import { Making } from './Making';

const POLL_MS = 700;

export function BackupsPage() {
  const translate = useTranslate();
  const { data, error } = useQuery({
    queryKey: BACKUPS,
    queryFn: backups.page,
    refetchInterval: ({ state }) => (state.data?.state.is_running ? POLL_MS : 30_000),
  });
  return (
    <Box sx={{ maxWidth: 880, width: '100%', mx: 'auto', py: 3 }}>
      <Title title={translate('maru.backups.title')} />
      <Typography sx={{ color: 'text.secondary', mb: 2 }} variant="body2">
        {translate('maru.backups.lead')}
      </Typography>
      <Alert severity="warning" sx={{ mb: 3 }} variant="outlined">
        {translate('maru.backups.secret')}
      </Alert>
      {error && !data && <Alert severity="error">{translate(sentenceOf(error))}</Alert>}
      {!data && !error && <Skeleton height={240} variant="rounded" />}
      {data && <Maker page={data} />}
      {data && (
        <Box aria-labelledby="archives" component="section">
          <Typography component="h2" id="archives" sx={{ mb: 1 }} variant="subtitle1">
            {translate('maru.backups.list')}
          </Typography>
          <Card variant="outlined">
            {data.results.length === 0 && (
              <Typography color="textSecondary" sx={{ p: 2.5 }} variant="body2">
                {translate('maru.backups.none')}
              </Typography>
            )}
            {data.results.map((one) => (
              <ArchiveRow key={one.name} one={one} />
            ))}
          </Card>
        </Box>
      )}
    </Box>
  );
}

function Maker({ page }: { page: Backups }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: backups.make,
    onSuccess: (answer) => queries.setQueryData(BACKUPS, answer),
    onError: () => queries.invalidateQueries({ queryKey: BACKUPS }),
  });
  useSaid(page);
  const size = (n: number) => bytes(n, locale);
  return (
    <Card sx={{ p: 2.5, mb: 4, display: 'grid', gap: 2 }} variant="outlined">
      <Typography variant="body2">
        {translate('maru.backups.room', {
          needed: size(page.needed_bytes),
          free: size(page.disk_free_bytes),
          kept: page.max_kept,
        })}{' '}
        {page.daily_hour === null
          ? translate('maru.backups.not_daily')
          : translate('maru.backups.daily', { hour: page.daily_hour, zone: page.time_zone })}{' '}
        <Link style={{ color: 'inherit' }} to="/settings">
          {translate('maru.backups.settings')}
        </Link>
      </Typography>
      {make.error && <Alert severity="error">{translate(sentenceOf(make.error))}</Alert>}
      {page.state.error && !make.error && (
        <Alert severity="error">{translate('maru.backups.failed', { error: page.state.error })}</Alert>
      )}
      {page.state.is_running ? (
        <Making state={page.state} />
      ) : (
        <Button
          loading={make.isPending}
          onClick={() => make.mutate()}
          sx={{ justifySelf: 'start' }}
          variant="contained"
        >
          {translate('maru.backups.make')}
        </Button>
      )}
    </Card>
  );
}

/** Says so when one that was seen running is there. */
function useSaid({ state }: Backups) {
  const notify = useNotify();
  const wasRunning = useRef(false);
  useEffect(() => {
    if (wasRunning.current && !state.is_running && !state.error) notify('maru.backups.made', { type: 'success' });
    wasRunning.current = state.is_running;
  }, [notify, state.is_running, state.error]);
}
