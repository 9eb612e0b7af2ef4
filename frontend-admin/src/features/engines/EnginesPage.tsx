/** All engines with their health; adding and draining them; tokens for those that join by themselves. */
import { Alert, Button, LinearProgress, Stack, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Title, usePermissions, useTranslate } from 'react-admin';
import { engines, type Engine } from '@/shared/api/engines';
import { sentenceOf } from '@/shared/useAct';
import { EngineCard } from './EngineCard';
import { EngineDialog } from './EngineDialog';
import { Tokens } from './Tokens';

const EVERY_MS = 2000;

export function EnginesPage() {
  const translate = useTranslate();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const [edited, setEdited] = useState<Engine | 'new' | null>(null);
  const { data, error, isPending } = useQuery({
    queryKey: ['engines'],
    queryFn: engines.list,
    refetchInterval: EVERY_MS,
  });
  const isAdmin = permissions === 'superuser';
  return (
    <Stack sx={{ gap: 2, pt: 2, maxWidth: 1080 }}>
      <Title title={translate('resources.engines.name', { smart_count: 2 })} />
      <Stack direction="row" sx={{ justifyContent: 'space-between', alignItems: 'center', gap: 2, flexWrap: 'wrap' }}>
        <Typography color="textSecondary" variant="body2">
          {data ? translate(`maru.engines.policy.${data.policy}`) : ''}
        </Typography>
        {isAdmin ? (
          <Button onClick={() => setEdited('new')} variant="contained">
            {translate('maru.engines.add')}
          </Button>
        ) : null}
      </Stack>
      {isPending ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {error ? <Alert severity="error">{translate(sentenceOf(error))}</Alert> : null}
      {data?.engines.map((engine) => (
        <EngineCard engine={engine} isAdmin={isAdmin} key={engine.name} onEdit={() => setEdited(engine)} />
      ))}
      {isAdmin ? <Tokens /> : null}
      {edited ? <EngineDialog engine={edited === 'new' ? null : edited} onClose={() => setEdited(null)} /> : null}
    </Stack>
  );
}
