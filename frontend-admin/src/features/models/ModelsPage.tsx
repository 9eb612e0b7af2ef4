/** The models of this machine: what they need, who answers, and how new ones come in. */
import { Alert, LinearProgress, Stack, Typography } from '@mui/material';
import { Title, useLocale, usePermissions, useTranslate } from 'react-admin';
import type { ModelList } from '@/shared/api/models';
import { bytes } from '@/shared/figures';
import { sentenceOf } from '@/shared/useAct';
import { BringIn } from './BringIn';
import { MemoryBar } from './MemoryBar';
import { ModelTable } from './ModelTable';
import { useModels } from './useModels';

function Adapters({ list }: { list: ModelList }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  if (list.adapters.length === 0) return null;
  return (
    <Stack sx={{ gap: 0.5 }}>
      <Typography component="h2" variant="h6">
        {translate('maru.models.adapters')}
      </Typography>
      {list.adapters.map((adapter) => (
        <Typography key={adapter.name} variant="body2">
          <strong>{adapter.name}</strong> · {bytes(adapter.size_bytes, locale)} ·{' '}
          {translate('maru.models.fits', { architecture: adapter.architecture })}
        </Typography>
      ))}
    </Stack>
  );
}

export function ModelsPage() {
  const translate = useTranslate();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { data, error, isPending } = useModels();
  return (
    <Stack sx={{ gap: 3, pt: 2, maxWidth: 1180 }}>
      <Title title={translate('resources.models.name', { smart_count: 2 })} />
      {isPending ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {error ? <Alert severity="error">{translate(sentenceOf(error))}</Alert> : null}
      {data ? (
        <>
          <MemoryBar list={data} />
          <ModelTable list={data} />
          <Adapters list={data} />
        </>
      ) : null}
      {permissions === 'superuser' ? <BringIn free={data?.free_bytes ?? null} /> : null}
    </Stack>
  );
}
