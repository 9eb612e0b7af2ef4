/** Signing in by username or email. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Credentials } from '@/shared/api/endpoints';
import { Field } from './Field';
import { showErrors } from '@/shared/ui/formErrors';
import { useLogin } from './useAuth';

export function LoginForm() {
  const { t } = useTranslation();
  const login = useLogin();
  const form = useForm<Credentials>({ defaultValues: { username: '', password: '' } });
  const { errors } = form.formState;
  const required = { required: t('auth.required') };
  const submit = form.handleSubmit((values) =>
    login.mutateAsync(values).catch((error: unknown) => showErrors(error, ['username', 'password'], form.setError, t)),
  );
  return (
    <Stack component="form" spacing={2.5} onSubmit={submit} noValidate>
      {errors.root && <Alert severity="error">{errors.root.message}</Alert>}
      <Field
        label={t('auth.usernameOrEmail')}
        registration={form.register('username', required)}
        error={errors.username}
        autoComplete="username"
        autoFocus
      />
      <Field
        label={t('auth.password')}
        type="password"
        registration={form.register('password', required)}
        error={errors.password}
        autoComplete="current-password"
      />
      <Button type="submit" variant="contained" size="large" loading={login.isPending}>
        {t('auth.login')}
      </Button>
    </Stack>
  );
}
