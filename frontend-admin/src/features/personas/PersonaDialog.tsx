/** Making a persona, or changing one. Its sampling and documents, which are chosen in the chat, stay as they are. */
import { MenuItem, TextField } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslate } from 'react-admin';
import { PERSONAS, personas, type Persona } from '@/shared/api/library';
import { FormDialog } from '@/shared/library/FormDialog';
import { IsShared } from '@/shared/library/IsShared';
import { useAct } from '@/shared/useAct';
import { useChatModels } from './useChatModels';

const TEXTS = [
  { name: 'name', max: 80, rows: 1 },
  { name: 'avatar', max: 16, rows: 1 },
  { name: 'description', max: 300, rows: 1 },
  { name: 'context', max: 32_000, rows: 5 },
  { name: 'style', max: 400, rows: 1 },
  { name: 'greeting', max: 8000, rows: 2 },
] as const;
const MAX_SUGGESTIONS = 6;

export function PersonaDialog({ persona, onClose }: { persona: Persona | null; onClose: () => void }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const { models, label } = useChatModels();
  const [fields, setFields] = useState(() => draftOf(persona));
  const change = (part: Partial<typeof fields>) => setFields((now) => ({ ...now, ...part }));
  const save = useAct(
    () => {
      const { suggestions, ...rest } = fields;
      const lines = suggestions.split('\n').map((line) => line.trim());
      const told = { ...rest, suggested_prompts: lines.filter((line) => line !== '').slice(0, MAX_SUGGESTIONS) };
      return persona ? personas.change(persona.id, told) : personas.add(told);
    },
    () => {
      void client.invalidateQueries({ queryKey: PERSONAS });
      onClose();
    },
  );
  const say = (key: string) => translate(`maru.library.personas.${key}`);
  const names = new Set([...(models ?? []).map((one) => one.id), ...(fields.model ? [fields.model] : [])]);
  return (
    <FormDialog
      isSaving={save.isPending}
      onClose={onClose}
      onSave={() => save.mutate(undefined)}
      title={persona ? persona.name : say('add')}
    >
      {TEXTS.map(({ name, max, rows }) => (
        <TextField
          fullWidth
          helperText={say(`form.${name}_help`)}
          key={name}
          label={say(`form.${name}`)}
          maxRows={12}
          minRows={rows > 1 ? rows : undefined}
          multiline={rows > 1}
          onChange={(event) => change({ [name]: event.target.value })}
          required={name === 'name'}
          slotProps={{ htmlInput: { maxLength: max } }}
          value={fields[name]}
        />
      ))}
      <TextField
        fullWidth
        helperText={say('form.suggestions_help')}
        label={say('form.suggestions')}
        minRows={2}
        multiline
        onChange={(event) => change({ suggestions: event.target.value })}
        value={fields.suggestions}
      />
      <TextField
        fullWidth
        helperText={say('form.model_help')}
        label={say('form.model')}
        onChange={(event) => change({ model: event.target.value })}
        select
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        value={fields.model}
      >
        <MenuItem value="">{say('form.any_model')}</MenuItem>
        {[...names].map((name) => (
          <MenuItem key={name} value={name}>
            {label(name)}
          </MenuItem>
        ))}
      </TextField>
      <IsShared onChange={(is_shared) => change({ is_shared })} value={fields.is_shared} />
    </FormDialog>
  );
}

function draftOf(persona: Persona | null) {
  const text = (name: (typeof TEXTS)[number]['name'] | 'model') => persona?.[name] ?? '';
  return {
    name: text('name'),
    avatar: text('avatar'),
    description: text('description'),
    context: text('context'),
    style: text('style'),
    greeting: text('greeting'),
    model: text('model'),
    suggestions: persona?.suggested_prompts.join('\n') ?? '',
    is_shared: persona?.is_shared ?? true,
  };
}
