/** Makes a persona or changes one. Loaded when it is first opened. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import FormControlLabel from '@mui/material/FormControlLabel';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import useMediaQuery from '@mui/material/useMediaQuery';
import { type Theme } from '@mui/material/styles';
import { useId } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Persona } from '@/shared/api/types';
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
  const heading = useId();
  const isPhone = useMediaQuery((theme: Theme) => theme.breakpoints.down('sm'));
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
    <Dialog open onClose={onClose} aria-labelledby={heading} fullScreen={isPhone} maxWidth="sm" fullWidth>
      <DialogTitle id={heading}>{t(persona ? 'personas.edit' : 'personas.new')}</DialogTitle>
      <DialogContent>
        <Stack component="form" id={`${heading}-form`} spacing={2.5} onSubmit={submit} noValidate sx={{ pt: 1 }}>
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
        </Stack>
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button onClick={onClose} color="inherit">
          {t('app.cancel')}
        </Button>
        <Button type="submit" form={`${heading}-form`} variant="contained" loading={save.isPending}>
          {t('personas.save')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
