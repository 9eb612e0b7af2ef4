/** Two ways to let people in: an account made here, or an invitation by which they make their own. */
import { Button, Dialog, DialogActions, DialogContent, DialogTitle, MenuItem, Stack, TextField } from '@mui/material';
import { type FormEvent, useId, useState } from 'react';
import { usePermissions, useTranslate } from 'react-admin';
import { people, type Role } from '@/shared/api/people';
import { SecretDialog } from '@/shared/SecretDialog';
import { useAct } from '@/shared/useAct';

const ROLES: Role[] = ['user', 'staff', 'admin'];

export function InviteButton() {
  const translate = useTranslate();
  const [link, setLink] = useState('');
  const invite = useAct(
    () => people.invite(),
    (answer) => setLink(`${location.origin}/register?invite=${encodeURIComponent(answer.invite)}`),
  );
  return (
    <>
      <Button onClick={() => invite.mutate(undefined)}>{translate('maru.users.invite')}</Button>
      {link !== '' && (
        <SecretDialog
          onClose={() => setLink('')}
          secret={link}
          text={translate('maru.users.invite_text')}
          title={translate('maru.users.invite')}
        />
      )}
    </>
  );
}

export function NewUserButton() {
  const translate = useTranslate();
  const [isOpen, setIsOpen] = useState(false);
  const [made, setMade] = useState<{ name: string; password: string } | null>(null);
  return (
    <>
      <Button onClick={() => setIsOpen(true)} variant="contained">
        {translate('maru.users.new')}
      </Button>
      {isOpen && (
        <NewUserDialog
          onClose={() => setIsOpen(false)}
          onMade={(name, password) => {
            setIsOpen(false);
            setMade({ name, password });
          }}
        />
      )}
      {made && (
        <SecretDialog
          onClose={() => setMade(null)}
          secret={made.password}
          text={translate('maru.users.password_once', { name: made.name })}
          title={translate('maru.users.new')}
        />
      )}
    </>
  );
}

interface NewUserDialogProps {
  onClose: () => void;
  onMade: (name: string, password: string) => void;
}

function NewUserDialog({ onClose, onMade }: NewUserDialogProps) {
  const translate = useTranslate();
  const id = useId();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const [fields, setFields] = useState({ username: '', email: '', role: 'user' as Role });
  const create = useAct(people.create, (user) => onMade(user.username, user.password));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(fields);
  };
  const input = (name: 'username' | 'email') => (
    <TextField
      autoComplete="off"
      label={translate(`resources.users.fields.${name}`)}
      onChange={(event) => setFields({ ...fields, [name]: event.target.value })}
      required={name === 'username'}
      value={fields[name]}
    />
  );
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="xs" onClose={onClose} open>
      <form onSubmit={submit}>
        <DialogTitle id={id}>{translate('maru.users.new')}</DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            {input('username')}
            {input('email')}
            {permissions === 'superuser' && (
              <TextField
                label={translate('resources.users.fields.role')}
                onChange={(event) => setFields({ ...fields, role: event.target.value as Role })}
                select
                value={fields.role}
              >
                {ROLES.map((role) => (
                  <MenuItem key={role} value={role}>
                    {translate(`maru.role.${role === 'admin' ? 'superuser' : role}`)}
                  </MenuItem>
                ))}
              </TextField>
            )}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button color="inherit" onClick={onClose}>
            {translate('ra.action.cancel')}
          </Button>
          <Button loading={create.isPending} type="submit" variant="contained">
            {translate('ra.action.create')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
