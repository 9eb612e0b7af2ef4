/** One model: what its file says, what it costs, how it runs, what it would read, how fast it is. */
import ArrowBack from '@mui/icons-material/ArrowBackRounded';
import { Alert, Box, Button, Card, CardContent, LinearProgress, Stack, Typography } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Confirm, Title, useLocale, usePermissions, useRedirect, useTranslate } from 'react-admin';
import { Link, useParams } from 'react-router';
import { models, type ModelRow } from '@/shared/api/models';
import { bytes, count, short } from '@/shared/figures';
import { sentenceOf, useAct } from '@/shared/useAct';
import { ModelActs } from './ModelActs';
import { SecondName } from './SecondName';
import { SettingsForm } from './SettingsForm';
import { StateChip } from './StateChip';
import { TrialCard } from './TrialCard';

export function ModelPage() {
  const translate = useTranslate();
  const id = useParams().id ?? '';
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { data: list } = useQuery({ queryKey: ['models'], queryFn: models.list });
  const { data: model, error } = useQuery({
    queryKey: ['models', id],
    queryFn: () => models.one(id),
    refetchInterval: 2000,
  });
  const isAdmin = permissions === 'superuser';
  return (
    <Stack sx={{ gap: 3, pt: 2, maxWidth: 1080 }}>
      <Title title={id} />
      <Button component={Link} startIcon={<ArrowBack />} sx={{ alignSelf: 'flex-start' }} to="/models">
        {translate('maru.models.back')}
      </Button>
      {error ? <Alert severity="error">{translate(sentenceOf(error))}</Alert> : null}
      {!model && !error ? <LinearProgress aria-label={translate('ra.page.loading')} /> : null}
      {model && list ? (
        <>
          <Facts isAdmin={isAdmin} model={model} />
          {model.kind === 'chat' && model.state !== 'unusable' ? <TrialCard model={model} /> : null}
          {model.state === 'unusable' ? null : (
            <SettingsForm
              adapters={list.adapters}
              key={model.id}
              model={model}
              models={list.models}
              projectors={list.projectors}
              templates={list.templates}
            />
          )}
          {isAdmin && model.kind === 'chat' && model.state !== 'unusable' ? (
            <SecondName adapters={list.adapters} model={model} />
          ) : null}
        </>
      ) : null}
    </Stack>
  );
}

function Facts({ model, isAdmin }: { model: ModelRow; isAdmin: boolean }) {
  const translate = useTranslate();
  const locale = useLocale() ?? 'en';
  const tokens = (n: number | null) => (n ? translate('maru.models.tokens', { n: count(n, locale) }) : '–');
  const { memory } = model;
  const size = (n: number | null | undefined) => (typeof n === 'number' ? bytes(n, locale) : '–');
  const rows: [string, ReactNode][] = [
    ['file', model.file_name || '–'],
    ['architecture', model.architecture || '–'],
    ['quantization', model.quantization || '–'],
    ['n_params', model.n_params ? short(model.n_params, locale) : '–'],
    ['size', size(model.size_bytes)],
    ['n_ctx_train', tokens(model.n_ctx_train)],
    ['n_ctx', tokens(model.n_ctx)],
    ['template', translate(`maru.models.facts.template_${model.has_template ? 'own' : 'none'}`)],
    ['weights', size(memory?.weights)],
    ['context', size(memory?.context)],
    ['compute', size(memory?.compute)],
    ['total', size(memory ? memory.weights + memory.context + memory.compute : null)],
  ];
  return (
    <Card variant="outlined">
      <CardContent>
        <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, flexWrap: 'wrap', mb: 1 }}>
          <Stack direction="row" sx={{ gap: 1, alignItems: 'center' }}>
            <Typography component="h2" sx={{ overflowWrap: 'anywhere' }} variant="h6">
              {model.id}
            </Typography>
            <StateChip model={model} />
          </Stack>
          <Stack direction="row" sx={{ gap: 0.5 }}>
            <ModelActs model={model} />
            {isAdmin && model.can_delete ? <Erase model={model} /> : null}
          </Stack>
        </Stack>
        {model.problem ? (
          <Alert severity="error" sx={{ mb: 2 }}>
            {model.problem}
          </Alert>
        ) : null}
        {model.description ? (
          <Typography color="textSecondary" sx={{ mb: 2 }} variant="body2">
            {model.description}
          </Typography>
        ) : null}
        <Box
          component="dl"
          sx={{
            display: 'grid',
            gridTemplateColumns: { xs: '1fr 1fr', sm: 'repeat(3, 1fr)', md: 'repeat(4, 1fr)' },
            gap: 2,
            m: 0,
          }}
        >
          {rows.map(([name, value]) => (
            <Box key={name}>
              <Typography color="textSecondary" component="dt" variant="caption">
                {translate(`maru.models.facts.${name}`)}
              </Typography>
              <Typography component="dd" sx={{ m: 0, overflowWrap: 'anywhere' }} variant="body2">
                {value}
              </Typography>
            </Box>
          ))}
        </Box>
      </CardContent>
    </Card>
  );
}

function Erase({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  const redirect = useRedirect();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const erase = useAct(
    () => models.erase(model.id),
    () => {
      void client.invalidateQueries({ queryKey: ['models'] });
      redirect('/models');
    },
  );
  return (
    <>
      <Button color="error" disabled={erase.isPending} onClick={() => setAsking(true)} size="small">
        {translate('maru.models.delete')}
      </Button>
      <Confirm
        content={translate('maru.models.delete_ask', { name: model.id })}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          erase.mutate(undefined);
        }}
        title={translate('maru.models.delete')}
      />
    </>
  );
}
