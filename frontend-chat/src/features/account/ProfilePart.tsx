/** The name, the password, and the end of the account. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { account } from '@/shared/api/account';
import { ApiError } from '@/shared/api/errors';
import type { User } from '@/shared/api/types';
import { problemText } from '@/shared/i18n/problem';
import { Section } from './Section';

interface ProfilePartProps {
  user: User;
  onChanged: (user: User) => void;
  onErased: () => void;
}

export default function ProfilePart({ user, onChanged, onErased }: ProfilePartProps) {
  const { t } = useTranslation();
  const [isErasing, setIsErasing] = useState(false);
  return (
    <>
      <Section title={t('account.profile')} lead={t('account.profileLead', { name: user.username })}>
        <Form
          submit={t('app.save')}
          onSubmit={async (values) => onChanged(await account.change({ display_name: values.name ?? '' }))}
        >
          {(fieldProps) => (
            <TextField
              {...fieldProps('name', 'display_name')}
              label={t('account.displayName')}
              defaultValue={user.display_name}
              autoComplete="nickname"
            />
          )}
        </Form>
      </Section>
      <Section title={t('account.password')} lead={t('account.passwordLead')}>
        <Form
          submit={t('account.changePassword')}
          onSubmit={async (values) => onChanged((await account.password(values.old ?? '', values.new ?? '')).user)}
        >
          {(fieldProps) => (
            <>
              <TextField
                {...fieldProps('old', 'old_password')}
                label={t('account.oldPassword')}
                type="password"
                required
                autoComplete="current-password"
              />
              <TextField
                {...fieldProps('new', 'new_password')}
                label={t('account.newPassword')}
                type="password"
                required
                autoComplete="new-password"
              />
            </>
          )}
        </Form>
      </Section>
      <Section title={t('account.erase')} lead={t('account.eraseLead')}>
        {isErasing ? (
          <Form
            submit={t('account.eraseDo')}
            isDanger
            onSubmit={async (values) => {
              await account.erase(values.password ?? '');
              onErased();
            }}
          >
            {(fieldProps) => (
              <TextField
                {...fieldProps('password', 'password')}
                label={t('auth.password')}
                type="password"
                required
                autoFocus
                autoComplete="current-password"
              />
            )}
          </Form>
        ) : (
          <Button color="error" variant="outlined" onClick={() => setIsErasing(true)}>
            {t('account.erase')}…
          </Button>
        )}
      </Section>
    </>
  );
}

type FieldProps = (
  name: string,
  told: string,
) => { name: string; error: boolean; helperText: string | undefined; size: 'small' };

interface FormProps {
  submit: string;
  isDanger?: boolean;
  onSubmit: (values: Record<string, string>) => Promise<void>;
  children: (fieldProps: FieldProps) => ReactNode;
}

/** A short form: what the server says of a field stands beside it, `told` being its name there. */
function Form({ submit, isDanger = false, onSubmit, children }: FormProps) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [isDone, setIsDone] = useState(false);
  const run = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    setProblem(null);
    setIsDone(false);
    onSubmit(values).then(
      () => setIsDone(true),
      (error: unknown) => setProblem(error instanceof ApiError ? error : null),
    );
  };
  const fieldProps: FieldProps = (name, told) => {
    const said = problem?.fields[told]?.join(' ');
    return { name, error: said !== undefined, helperText: said, size: 'small' };
  };
  return (
    <Stack
      component="form"
      onSubmit={run}
      spacing={2}
      sx={{ maxWidth: 380, alignItems: 'flex-start', '& .MuiTextField-root': { width: '100%' } }}
    >
      {children(fieldProps)}
      {problem && Object.keys(problem.fields).length === 0 && <Alert severity="error">{problemText(t, problem)}</Alert>}
      {isDone && <Alert severity="success">{t('settings.saved')}</Alert>}
      <Button type="submit" variant="contained" color={isDanger ? 'error' : 'primary'}>
        {submit}
      </Button>
    </Stack>
  );
}
