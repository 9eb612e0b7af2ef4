/** What can be done to the account that is shown. Asks before what cannot be taken back. */
import { Button, MenuItem, Stack, TextField } from '@mui/material';
import { useState } from 'react';
import { Confirm, useGetIdentity, usePermissions, useRecordContext, useRedirect, useTranslate } from 'react-admin';
import { type AdminUser, people, type Role } from '@/shared/api/people';
import { SecretDialog } from '@/shared/SecretDialog';
import { useAct } from '@/shared/useAct';

const ROLES: Role[] = ['user', 'staff', 'admin'];

type Question = 'deactivate' | 'logout' | 'password' | 'erase';

export function UserActs() {
  const user = useRecordContext<AdminUser>();
  const translate = useTranslate();
  const redirect = useRedirect();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { identity } = useGetIdentity();
  const [question, setQuestion] = useState<Question | null>(null);
  const [password, setPassword] = useState('');
  const id = user?.id ?? 0;
  const change = useAct((changes: Parameters<typeof people.change>[1]) => people.change(id, changes));
  const logOut = useAct(() => people.logOut(id));
  const reset = useAct(
    () => people.resetPassword(id),
    (answer) => setPassword(answer.password),
  );
  const erase = useAct(
    () => people.erase(id),
    () => redirect('list', 'users'),
  );
  const isAdmin = permissions === 'superuser';
  if (!user || !identity || identity.id === id || (user.role !== 'user' && !isAdmin)) return null;
  const run: Record<Question, () => void> = {
    deactivate: () => change.mutate({ is_active: false }),
    logout: () => logOut.mutate(undefined),
    password: () => reset.mutate(undefined),
    erase: () => erase.mutate(undefined),
  };
  return (
    <Stack direction="row" spacing={1.5} sx={{ flexWrap: 'wrap', rowGap: 1.5, alignItems: 'center', pb: 1 }}>
      {isAdmin && (
        <TextField
          label={translate('resources.users.fields.role')}
          onChange={(event) => change.mutate({ role: event.target.value as Role })}
          select
          size="small"
          fullWidth={false}
          sx={{ width: 180, m: 0 }}
          value={user.role}
        >
          {ROLES.map((role) => (
            <MenuItem key={role} value={role}>
              {translate(`maru.role.${role === 'admin' ? 'superuser' : role}`)}
            </MenuItem>
          ))}
        </TextField>
      )}
      <Button onClick={() => (user.is_active ? setQuestion('deactivate') : change.mutate({ is_active: true }))}>
        {translate(user.is_active ? 'maru.users.deactivate' : 'maru.users.activate')}
      </Button>
      <Button onClick={() => setQuestion('logout')}>{translate('maru.users.logout')}</Button>
      <Button onClick={() => setQuestion('password')}>{translate('maru.users.password')}</Button>
      {isAdmin && (
        <Button color="error" onClick={() => setQuestion('erase')}>
          {translate('maru.users.erase')}
        </Button>
      )}
      {question && (
        <Confirm
          content={translate(`maru.users.ask.${question}`, { name: user.username })}
          isOpen
          onClose={() => setQuestion(null)}
          onConfirm={() => {
            run[question]();
            setQuestion(null);
          }}
          title={translate(`maru.users.${question}`)}
        />
      )}
      {password !== '' && (
        <SecretDialog
          onClose={() => setPassword('')}
          secret={password}
          text={translate('maru.users.password_once', { name: user.username })}
          title={translate('maru.users.password')}
        />
      )}
    </Stack>
  );
}
