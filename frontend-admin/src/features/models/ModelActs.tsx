/** Load, unload, make default. What changes for others is asked first. */
import { Button, Stack } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useTranslate } from 'react-admin';
import { models, type ModelRow } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';
import { stateOf } from './StateChip';

export function ModelActs({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const again = () => client.invalidateQueries({ queryKey: ['models'] });
  const load = useAct(() => models.load(model.id), again);
  const unload = useAct(() => models.unload(model.id), again);
  const makeDefault = useAct(() => models.makeDefault(model.id), again);
  const state = stateOf(model);
  const isDefault = model.is_default || model.is_default_embedding;
  const name = { name: model.id };
  return (
    <Stack direction="row" sx={{ gap: 0.5, flexWrap: 'wrap' }}>
      {state === 'asleep' || state === 'failed' ? (
        <Button disabled={load.isPending} onClick={() => load.mutate(undefined)} size="small">
          {translate('maru.models.load')}
        </Button>
      ) : null}
      {model.is_loaded ? (
        <Button disabled={unload.isPending} onClick={() => unload.mutate(undefined)} size="small">
          {translate('maru.models.unload')}
        </Button>
      ) : null}
      {!isDefault && state !== 'unusable' ? (
        <Button disabled={makeDefault.isPending} onClick={() => setAsking(true)} size="small">
          {translate('maru.models.make_default')}
        </Button>
      ) : null}
      <Confirm
        content={translate('maru.models.make_default_ask', name)}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          makeDefault.mutate(undefined);
        }}
        title={translate('maru.models.make_default')}
      />
    </Stack>
  );
}
