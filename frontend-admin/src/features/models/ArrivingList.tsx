/** Files on their way: how far, paused, failed and why. */
import { Alert, Button, Card, LinearProgress, Stack, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Confirm, useLocale, useTranslate } from 'react-admin';
import { modelFiles, type Arriving } from '@/shared/api/models';
import { bytes } from '@/shared/figures';
import { useAct } from '@/shared/useAct';

export function ArrivingList({ rows }: { rows: Arriving[] }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const nBefore = useRef(0);
  useEffect(() => {
    // One fewer: it has come, and is among the models now.
    if (rows.length < nBefore.current) void client.invalidateQueries({ queryKey: ['models'] });
    nBefore.current = rows.length;
  }, [client, rows.length]);
  if (rows.length === 0) return null;
  return (
    <Stack sx={{ gap: 1 }}>
      <Typography component="h2" variant="h6">
        {translate('maru.models.arriving.heading')}
      </Typography>
      {rows.map((row) => (
        <ArrivingCard key={row.id} row={row} />
      ))}
    </Stack>
  );
}

function ArrivingCard({ row }: { row: Arriving }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const again = () => client.invalidateQueries({ queryKey: ['model-files'] });
  const pause = useAct((is_paused: boolean) => modelFiles.pause(row.id, is_paused), again);
  const drop = useAct(() => modelFiles.drop(row.id), again);
  const isComing = row.state === 'coming';
  const progress = row.size_bytes
    ? translate('maru.models.arriving.of', {
        received: bytes(row.received_bytes, locale),
        size: bytes(row.size_bytes, locale),
      })
    : translate('maru.models.arriving.unknown');
  return (
    <Card sx={{ p: 2 }} variant="outlined">
      <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
        <Stack sx={{ minWidth: 0 }}>
          <Typography sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>{row.name}</Typography>
          <Typography color="textSecondary" variant="body2">
            {translate(`maru.models.arriving.${row.origin}`)} · {translate(`maru.models.arriving.${row.state}`)} ·{' '}
            {progress}
          </Typography>
        </Stack>
        <Stack direction="row" sx={{ gap: 0.5 }}>
          {row.origin === 'hub' && row.state !== 'checking' ? (
            <Button disabled={pause.isPending} onClick={() => pause.mutate(isComing)} size="small">
              {translate(isComing ? 'maru.models.arriving.pause' : 'maru.models.arriving.resume')}
            </Button>
          ) : null}
          <Button color="error" disabled={drop.isPending} onClick={() => setAsking(true)} size="small">
            {translate('maru.models.arriving.cancel')}
          </Button>
        </Stack>
      </Stack>
      <LinearProgress
        aria-label={row.name}
        color={row.state === 'failed' ? 'error' : 'primary'}
        sx={{ mt: 1.5, borderRadius: 99, height: 6 }}
        value={row.size_bytes ? (row.received_bytes / row.size_bytes) * 100 : 0}
        variant={isComing && !row.size_bytes ? 'indeterminate' : 'determinate'}
      />
      {row.detail ? (
        <Alert severity="error" sx={{ mt: 1.5 }}>
          {row.detail}
        </Alert>
      ) : null}
      {row.origin === 'upload' && isComing ? (
        <Typography color="textSecondary" sx={{ display: 'block', mt: 1 }} variant="caption">
          {translate('maru.models.arriving.waiting')}
        </Typography>
      ) : null}
      <Confirm
        content={translate('maru.models.arriving.cancel_ask', { name: row.name })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          drop.mutate(undefined);
        }}
        title={translate('maru.models.arriving.cancel')}
      />
    </Card>
  );
}
