/** A new account; on a new house the administrator's, with the setup code where the server asks for it. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { NewAccount } from '@/shared/api/endpoints';
import { Field } from './Field';
import { showErrors } from '@/shared/ui/formErrors';
import { useRegister } from './useAuth';

const NAMES = ['username', 'email', 'password', 'setup_code', 'invite'] as const;

interface RegisterFormProps {
  needsCode?: boolean;
  needsInvite?: boolean;
  submitLabel: string;
}

export function RegisterForm({ needsCode = false, needsInvite = false, submitLabel }: RegisterFormProps) {
  const { t } = useTranslation();
  const registerAccount = useRegister();
  const form = useForm<NewAccount>({
    defaultValues: { username: '', email: '', password: '', setup_code: '', invite: inviteOfAddress() },
  });
  const { errors } = form.formState;
  const required = { required: t('auth.required') };
  const submit = form.handleSubmit((account) =>
    registerAccount.mutateAsync(account).catch((error: unknown) => showErrors(error, NAMES, form.setError, t)),
  );
  return (
    <Stack component="form" spacing={2.5} onSubmit={submit} noValidate>
      {errors.root && <Alert severity="error">{errors.root.message}</Alert>}
      {needsCode && (
        <Field
          label={t('auth.setupCode')}
          registration={form.register('setup_code', required)}
          error={errors.setup_code}
          help={t('auth.setupCodeHelp')}
        />
      )}
      {needsInvite && (
        <Field
          label={t('auth.invite')}
          registration={form.register('invite', required)}
          error={errors.invite}
          help={t('auth.inviteHelp')}
        />
      )}
      <Field
        label={t('auth.username')}
        registration={form.register('username', required)}
        error={errors.username}
        autoComplete="username"
        autoFocus
      />
      <Field
        label={t('auth.emailOptional')}
        type="email"
        registration={form.register('email')}
        error={errors.email}
        autoComplete="email"
      />
      <Field
        label={t('auth.password')}
        type="password"
        registration={form.register('password', required)}
        error={errors.password}
        autoComplete="new-password"
      />
      <Button type="submit" variant="contained" size="large" loading={registerAccount.isPending}>
        {submitLabel}
      </Button>
    </Stack>
  );
}

/** An invitation may come as a link: /register?invite=… */
function inviteOfAddress(): string {
  return new URLSearchParams(location.search).get('invite') ?? '';
}
