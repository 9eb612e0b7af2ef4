/** Makes a prompt or changes one; its earlier texts can be taken up again. Loaded when it is first opened. */
import Alert from '@mui/material/Alert';
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { PromptInput } from '@/shared/api/library';
import type { Prompt } from '@/shared/api/types';
import { FormDialog } from '@/shared/ui/FormDialog';
import { showErrors } from '@/shared/ui/formErrors';
import { useSavePrompt, useVersions } from './usePrompts';

interface PromptEditorProps {
  /** The one to change; `null` makes a new one. */
  prompt: Prompt | null;
  isStaff: boolean;
  onClose: () => void;
}

const NAMES = ['command', 'title', 'content'] as const;
// i18next would fill this place itself.
const EXAMPLE = { example: '{{topic|birds}}' };
type Fields = Required<PromptInput>;

export default function PromptEditor({ prompt, isStaff, onClose }: PromptEditorProps) {
  const { t, i18n } = useTranslation();
  const save = useSavePrompt(prompt);
  const { data: versions } = useVersions(prompt && prompt.n_versions > 1 ? prompt.id : null);
  const { register, handleSubmit, setError, setValue, control, formState } = useForm<Fields>({
    defaultValues: {
      command: prompt?.command ?? '',
      title: prompt?.title ?? '',
      content: prompt?.content ?? '',
      is_shared: prompt?.is_shared ?? false,
    },
  });
  const { errors } = formState;
  const submit = handleSubmit(({ is_shared, ...fields }) =>
    save
      .mutateAsync(isStaff ? { ...fields, is_shared } : fields)
      .then(onClose, (error: unknown) => showErrors(error, NAMES, setError, t)),
  );
  const field = (name: (typeof NAMES)[number], rows = 0) => {
    const { ref, ...rest } = register(name, { required: t('personas.required') });
    return (
      <TextField
        {...rest}
        inputRef={ref}
        label={t(`library.fields.${name}`)}
        error={errors[name] !== undefined}
        helperText={errors[name]?.message ?? t(`library.help.${name}`, EXAMPLE)}
        slotProps={{ inputLabel: { shrink: true } }}
        fullWidth
        {...(rows > 0 && { multiline: true, minRows: rows, maxRows: 14 })}
      />
    );
  };
  const date = new Intl.DateTimeFormat(i18n.resolvedLanguage, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <FormDialog
      title={t(prompt ? 'library.edit' : 'library.new')}
      submit={t('personas.save')}
      isSaving={save.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      {errors.root && <Alert severity="error">{errors.root.message}</Alert>}
      {field('title')}
      {field('command')}
      {field('content', 6)}
      {versions && (
        <TextField
          select
          label={t('library.versions')}
          value=""
          onChange={(event) => setValue('content', event.target.value, { shouldDirty: true })}
          helperText={t('library.versionsHelp')}
        >
          {versions.map((version) => (
            <MenuItem key={version.number} value={version.content}>
              {t('library.version', { number: version.number })} · {date.format(new Date(version.created_at))}
            </MenuItem>
          ))}
        </TextField>
      )}
      {isStaff && (
        <Controller
          name="is_shared"
          control={control}
          render={({ field: { value, ...rest } }) => (
            <FormControlLabel control={<Switch {...rest} checked={value} />} label={t('personas.share')} />
          )}
        />
      )}
    </FormDialog>
  );
}
