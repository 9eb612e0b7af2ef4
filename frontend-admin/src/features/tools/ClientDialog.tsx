/** A client that was registered at the provider by hand: its id, and its secret if it has one. */
import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField } from '@mui/material';
import { useId, useState, type FormEvent } from 'react';
import { useTranslate } from 'react-admin';

interface ClientDialogProps {
  /** What the server says of it, with the redirect address that is to be registered. */
  lead: string;
  isPending: boolean;
  onClose: () => void;
  onGiven: (client: { client_id: string; client_secret: string }) => void;
}

export function ClientDialog({ lead, isPending, onClose, onGiven }: ClientDialogProps) {
  const translate = useTranslate();
  const id = useId();
  const [client, setClient] = useState({ client_id: '', client_secret: '' });
  const field = (name: 'client_id' | 'client_secret') => (
    <TextField
      autoComplete="off"
      helperText={translate(`maru.tools.sign_in.${name}_help`)}
      label={translate(`maru.tools.sign_in.${name}`)}
      onChange={(event) => setClient({ ...client, [name]: event.target.value.trim() })}
      required={name === 'client_id'}
      type={name === 'client_secret' ? 'password' : 'text'}
      value={client[name]}
    />
  );
  function submit(event: FormEvent) {
    event.preventDefault();
    onGiven(client);
  }
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="sm" onClose={onClose} open>
      <form onSubmit={submit}>
        <DialogTitle id={id}>{translate('maru.tools.sign_in.client')}</DialogTitle>
        <DialogContent>
          <Alert severity="info" sx={{ mb: 1, overflowWrap: 'anywhere' }} variant="outlined">
            {lead}
          </Alert>
          {field('client_id')}
          {field('client_secret')}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{translate('ra.action.cancel')}</Button>
          <Button disabled={isPending} type="submit" variant="contained">
            {translate('maru.tools.sign_in.connect')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
