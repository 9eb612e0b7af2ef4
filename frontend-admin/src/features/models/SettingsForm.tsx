/** How a model runs. Only what was changed is sent; a model that runs is replaced without a gap. */
import { Button, Card, CardContent, Stack, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNotify, useTranslate } from 'react-admin';
import { models, type ModelList, type ModelRow } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';
import { Adapters } from './Adapters';
import { changesOf, draftOf, SAMPLING, type Draft } from './draft';
import { DraftModel } from './DraftModel';
import { Grid, NumberField, Part } from './formParts';
import { Projector } from './Projector';
import { RunFields } from './RunFields';
import { TemplatePart } from './TemplatePart';

interface SettingsFormProps {
  model: ModelRow;
  models: ModelRow[];
  templates: string[];
  adapters: ModelList['adapters'];
  projectors: ModelList['projectors'];
}

export function SettingsForm({ model, models: all, templates, adapters, projectors }: SettingsFormProps) {
  const translate = useTranslate();
  const notify = useNotify();
  const client = useQueryClient();
  const [before, setBefore] = useState(() => draftOf(model.settings));
  const [draft, setDraft] = useState(before);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const save = useAct(
    () => models.change(model.id, changesOf(before, draft)),
    (row) => {
      const kept = draftOf(row.settings);
      setBefore(kept);
      setDraft(kept);
      notify('maru.models.form.saved', { type: 'success' });
      void client.invalidateQueries({ queryKey: ['models'] });
    },
  );
  const isSame = Object.keys(changesOf(before, draft)).length === 0;
  const isChat = model.kind === 'chat';
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(undefined);
  }
  return (
    <Card variant="outlined">
      <CardContent component="form" noValidate onSubmit={submit}>
        <Stack sx={{ gap: 3 }}>
          <Part heading={translate('maru.models.form.heading')}>
            <RunFields change={change} draft={draft} />
          </Part>
          {isChat ? (
            <Part heading={translate('maru.models.form.sampling')}>
              <Grid>
                {SAMPLING.map((name) => (
                  <NumberField
                    key={name}
                    label={translate(`maru.models.form.${name}`)}
                    onChange={(text) => change({ sampling: { ...draft.sampling, [name]: text } })}
                    value={draft.sampling[name]}
                  />
                ))}
              </Grid>
            </Part>
          ) : null}
          {isChat ? (
            <Part heading={translate('maru.models.form.images')}>
              <Projector change={change} draft={draft} projectors={projectors} />
            </Part>
          ) : null}
          {isChat ? (
            <Part heading={translate('maru.models.form.guessing')}>
              <DraftModel all={all} change={change} draft={draft} model={model} />
            </Part>
          ) : null}
          {isChat ? (
            <Part heading={translate('maru.models.form.lora')}>
              <Adapters adapters={adapters} change={change} draft={draft} />
            </Part>
          ) : null}
          {isChat ? (
            <Part heading={translate('maru.models.form.template')}>
              <TemplatePart change={change} draft={draft} id={model.id} names={templates} />
            </Part>
          ) : null}
          <Stack direction="row" sx={{ gap: 2, alignItems: 'center' }}>
            <Button disabled={isSame || save.isPending} type="submit" variant="contained">
              {translate('maru.models.form.save')}
            </Button>
            {isSame ? (
              <Typography color="textSecondary" variant="body2">
                {translate('maru.models.form.nothing')}
              </Typography>
            ) : null}
          </Stack>
        </Stack>
      </CardContent>
    </Card>
  );
}
