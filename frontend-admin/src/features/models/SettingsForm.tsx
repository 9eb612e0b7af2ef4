/** How a model runs. Only what was changed is sent; a model that runs is replaced without a gap. */
import {
  Box,
  Button,
  Card,
  CardContent,
  Checkbox,
  FormControlLabel,
  MenuItem,
  Stack,
  Switch,
  TextField,
  Typography,
} from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useNotify, useTranslate } from 'react-admin';
import { models, type ModelList, type ModelRow } from '@/shared/api/models';
import { useAct } from '@/shared/useAct';
import { changesOf, draftOf, FLASH, KV_TYPES, NUMBERS, SAMPLING, type Draft } from './draft';
import { TemplatePart } from './TemplatePart';

interface SettingsFormProps {
  model: ModelRow;
  templates: string[];
  adapters: ModelList['adapters'];
}

export function SettingsForm({ model, templates, adapters }: SettingsFormProps) {
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

interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function RunFields({ draft, change }: PartProps) {
  const translate = useTranslate();
  return (
    <>
      <Grid>
        {NUMBERS.map((name) => (
          <NumberField
            help={name === 'n_gpu_layers' ? translate('maru.models.form.n_gpu_layers_help') : undefined}
            key={name}
            label={translate(`maru.models.form.${name}`)}
            onChange={(text) => change({ numbers: { ...draft.numbers, [name]: text } })}
            value={draft.numbers[name]}
          />
        ))}
        <TextField
          label={translate('maru.models.form.flash_attention')}
          onChange={(event) => change({ flash_attention: event.target.value as Draft['flash_attention'] })}
          select
          value={draft.flash_attention}
        >
          {FLASH.map((one) => (
            <MenuItem key={one} value={one}>
              {translate(`maru.models.form.${one}`)}
            </MenuItem>
          ))}
        </TextField>
        <TextField
          helperText={translate('maru.models.form.kv_help')}
          label={translate('maru.models.form.kv_type')}
          onChange={(event) => change({ kv_type: event.target.value as Draft['kv_type'] })}
          select
          value={draft.kv_type}
        >
          {KV_TYPES.map((one) => (
            <MenuItem key={one} value={one}>
              {one}
            </MenuItem>
          ))}
        </TextField>
      </Grid>
      <FormControlLabel
        control={
          <Switch checked={draft.keeps_loaded} onChange={(event) => change({ keeps_loaded: event.target.checked })} />
        }
        label={translate('maru.models.form.keeps_loaded')}
      />
    </>
  );
}

function Adapters({ adapters, draft, change }: PartProps & { adapters: ModelList['adapters'] }) {
  const translate = useTranslate();
  const names = [...new Set([...adapters.map((one) => one.name), ...Object.keys(draft.lora)])];
  if (names.length === 0) {
    return (
      <Typography color="textSecondary" variant="body2">
        {translate('maru.models.form.no_adapters')}
      </Typography>
    );
  }
  function put(name: string, isOn: boolean) {
    const others = Object.fromEntries(Object.entries(draft.lora).filter(([one]) => one !== name));
    change({ lora: isOn ? { ...others, [name]: '1' } : others });
  }
  return (
    <>
      {names.map((name) => (
        <Stack direction="row" key={name} sx={{ gap: 2, alignItems: 'center', flexWrap: 'wrap' }}>
          <FormControlLabel
            control={<Checkbox checked={name in draft.lora} onChange={(event) => put(name, event.target.checked)} />}
            label={name}
          />
          {name in draft.lora ? (
            <Box sx={{ width: 140 }}>
              <NumberField
                label={translate('maru.models.form.scale')}
                onChange={(text) => change({ lora: { ...draft.lora, [name]: text } })}
                value={draft.lora[name] ?? ''}
              />
            </Box>
          ) : null}
        </Stack>
      ))}
      <Typography color="textSecondary" variant="caption">
        {translate('maru.models.form.lora_help')}
      </Typography>
    </>
  );
}

interface NumberFieldProps {
  label: string;
  value: string;
  help?: string | undefined;
  onChange: (text: string) => void;
}

function NumberField({ label, value, help, onChange }: NumberFieldProps) {
  const house = useTranslate()('maru.models.form.house');
  return (
    <TextField
      helperText={help}
      label={label}
      onChange={(event) => onChange(event.target.value)}
      placeholder={house}
      slotProps={{ htmlInput: { inputMode: 'decimal', step: 'any' }, inputLabel: { shrink: true } }}
      type="number"
      value={value}
    />
  );
}

const Grid = ({ children }: { children: ReactNode }) => (
  <Box
    sx={{
      display: 'grid',
      columnGap: 2,
      gridTemplateColumns: { xs: '1fr 1fr', md: 'repeat(3, 1fr)' },
      alignItems: 'start',
    }}
  >
    {children}
  </Box>
);

const Part = ({ heading, children }: { heading: string; children: ReactNode }) => (
  <Box component="fieldset" sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}>
    <Typography component="legend" sx={{ mb: 1, p: 0 }} variant="h6">
      {heading}
    </Typography>
    {children}
  </Box>
);
