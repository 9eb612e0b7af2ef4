/** Writing a prompt, or changing one; an earlier text can be taken up again. */
import { MenuItem, TextField } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocale, useTranslate } from 'react-admin';
import { PROMPTS, prompts, type Prompt } from '@/shared/api/library';
import { FormDialog } from '@/shared/library/FormDialog';
import { IsShared } from '@/shared/library/IsShared';
import { useAct } from '@/shared/useAct';

export function PromptDialog({ prompt, onClose }: { prompt: Prompt | null; onClose: () => void }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const [fields, setFields] = useState({
    command: prompt?.command ?? '',
    title: prompt?.title ?? '',
    content: prompt?.content ?? '',
    is_shared: prompt?.is_shared ?? true,
  });
  const change = (part: Partial<typeof fields>) => setFields((now) => ({ ...now, ...part }));
  const save = useAct(
    () => (prompt ? prompts.change(prompt.id, fields) : prompts.add(fields)),
    () => {
      void client.invalidateQueries({ queryKey: PROMPTS });
      onClose();
    },
  );
  const say = (key: string) => translate(`maru.library.prompts.${key}`);
  return (
    <FormDialog
      isSaving={save.isPending}
      onClose={onClose}
      onSave={() => save.mutate(undefined)}
      title={prompt ? prompt.title : say('add')}
    >
      <TextField
        fullWidth
        label={say('name')}
        onChange={(event) => change({ title: event.target.value })}
        required
        slotProps={{ htmlInput: { maxLength: 80 } }}
        value={fields.title}
      />
      <TextField
        autoComplete="off"
        fullWidth
        helperText={say('command_help')}
        label={say('command')}
        onChange={(event) => change({ command: event.target.value.replace(/^\//, '') })}
        required
        slotProps={{ htmlInput: { maxLength: 32 } }}
        value={fields.command}
      />
      <TextField
        fullWidth
        helperText={say('content_help')}
        label={say('content')}
        maxRows={14}
        minRows={5}
        multiline
        onChange={(event) => change({ content: event.target.value })}
        required
        slotProps={{ htmlInput: { maxLength: 20_000 } }}
        value={fields.content}
      />
      {prompt && prompt.n_versions > 1 ? (
        <Versions onChoose={(content) => change({ content })} prompt={prompt} />
      ) : null}
      <IsShared onChange={(is_shared) => change({ is_shared })} value={fields.is_shared} />
    </FormDialog>
  );
}

function Versions({ prompt, onChoose }: { prompt: Prompt; onChoose: (content: string) => void }) {
  const translate = useTranslate();
  const locale = useLocale();
  const [number, setNumber] = useState(prompt.n_versions);
  const { data } = useQuery({
    queryKey: [...PROMPTS, prompt.id, 'versions'],
    queryFn: () => prompts.versions(prompt.id),
  });
  if (!data) return null;
  return (
    <TextField
      fullWidth
      helperText={translate('maru.library.prompts.versions_help')}
      label={translate('maru.library.prompts.versions')}
      onChange={(event) => {
        const chosen = data.find((one) => one.number === Number(event.target.value));
        setNumber(Number(event.target.value));
        if (chosen) onChoose(chosen.content);
      }}
      select
      value={number}
    >
      {data.map((one) => (
        <MenuItem key={one.number} value={one.number}>
          {translate('maru.library.prompts.version', { n: one.number })} ·{' '}
          {new Date(one.created_at).toLocaleString(locale)}
        </MenuItem>
      ))}
    </TextField>
  );
}
