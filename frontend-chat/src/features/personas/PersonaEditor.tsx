/** Makes a persona or changes one. Loaded when it is first opened. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Persona } from '@/shared/api/types';
import { FormDialog } from '@/shared/ui/FormDialog';
import { showErrors } from '@/shared/ui/formErrors';
import { inputOf, type PersonaFields } from './form';
import { useSavePersona } from './usePersonas';

interface PersonaEditorProps {
  /** The one to change; `null` makes a new one. */
  persona: Persona | null;
  initial: PersonaFields;
  isStaff: boolean;
  onClose: () => void;
}

const NAMES = ['name', 'avatar', 'description', 'greeting', 'context', 'style', 'model'] as const;
// i18next would fill these places itself.
const PLACES = { user: '{{user}}', char: '{{char}}' };
const LONG = { context: 5, greeting: 2, suggestions: 3 } as const;

export default function PersonaEditor({ persona, initial, isStaff, onClose }: PersonaEditorProps) {
  const { t } = useTranslation();
  const save = useSavePersona(persona);
  const { register, handleSubmit, setError, control, formState } = useForm<PersonaFields>({ defaultValues: initial });
  const { errors } = formState;
  const submit = handleSubmit((fields) =>
    save.mutateAsync(inputOf(fields, persona)).then(onClose, (error: unknown) => showErrors(error, NAMES, setError, t)),
  );
  const field = (name: Exclude<keyof PersonaFields, 'isShared'>, isRequired = false) => {
    const { ref, ...rest } = register(name, isRequired ? { required: t('personas.required') } : {});
    return (
      <TextField
        {...rest}
        inputRef={ref}
        label={t(`personas.fields.${name}`)}
        error={errors[name] !== undefined}
        helperText={errors[name]?.message ?? t(`personas.help.${name}`, PLACES)}
        fullWidth
        {...(name in LONG && { multiline: true, minRows: LONG[name as keyof typeof LONG], maxRows: 12 })}
      />
    );
  };
  return (
    <FormDialog
      title={t(persona ? 'personas.edit' : 'personas.new')}
      submit={t('personas.save')}
      isSaving={save.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      {errors.root && <Alert severity="error">{errors.root.message}</Alert>}
      <Box sx={{ display: 'grid', gridTemplateColumns: '112px 1fr', gap: 2 }}>
        {field('avatar')}
        {field('name', true)}
      </Box>
      {field('description')}
      {field('context')}
      {field('style')}
      {field('greeting')}
      {field('suggestions')}
      <Box sx={{ display: 'grid', gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' }, gap: 2 }}>
        {field('temperature')}
        {field('model')}
      </Box>
      {isStaff && (
        <Controller
          name="isShared"
          control={control}
          render={({ field: { value, ...rest } }) => (
            <FormControlLabel control={<Switch {...rest} checked={value} />} label={t('personas.share')} />
          )}
        />
      )}
    </FormDialog>
  );
}
