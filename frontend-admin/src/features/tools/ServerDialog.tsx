/** Adding a tool server, or changing one. */
import {
  Alert,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  TextField,
} from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { useTranslate } from 'react-admin';
import { TOOLS, tools, type ToolServer } from '@/shared/api/tools';
import { useAct } from '@/shared/useAct';

interface ServerDialogProps {
  server: ToolServer | null;
  onClose: () => void;
}

export function ServerDialog({ server, onClose }: ServerDialogProps) {
  const translate = useTranslate();
  const client = useQueryClient();
  const id = useId();
  const [fields, setFields] = useState({
    name: '',
    url: server?.url ?? '',
    token: '',
    timeout_s: String(server?.timeout_s ?? 30),
    may_be_private: server?.may_be_private ?? false,
    is_enabled: server?.is_enabled ?? true,
  });
  const save = useAct(
    async () => {
      const { name, token, timeout_s, ...rest } = fields;
      const told = { ...rest, timeout_s: Number(timeout_s), ...(token ? { token } : {}) };
      if (server) return tools.change(server.id, told);
      const added = await tools.add({ ...told, name });
      // What it has is seen at once; if it does not answer, the card says why.
      return tools.refresh(added.id).catch(() => added);
    },
    () => {
      void client.invalidateQueries({ queryKey: TOOLS });
      onClose();
    },
  );
  const text = (name: 'name' | 'url' | 'token' | 'timeout_s', help = `${name}_help`) => (
    <TextField
      autoComplete="off"
      helperText={translate(`maru.tools.form.${help}`)}
      label={translate(`maru.tools.form.${name}`)}
      onChange={(event) => setFields({ ...fields, [name]: event.target.value.trim() })}
      required={name !== 'token'}
      type={name === 'token' ? 'password' : name === 'timeout_s' ? 'number' : 'text'}
      value={fields[name]}
    />
  );
  const check = (name: 'may_be_private' | 'is_enabled') => (
    <FormControlLabel
      control={
        <Checkbox checked={fields[name]} onChange={(event) => setFields({ ...fields, [name]: event.target.checked })} />
      }
      label={translate(`maru.tools.form.${name}`)}
      sx={{ display: 'flex' }}
    />
  );
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(undefined);
  }
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="sm" onClose={onClose} open>
      <form onSubmit={submit}>
        <DialogTitle id={id}>{server ? server.name : translate('maru.tools.add')}</DialogTitle>
        <DialogContent>
          <Alert severity="info" sx={{ mb: 1 }} variant="outlined">
            {translate('maru.tools.form.leaves_house')}
          </Alert>
          {server ? null : text('name')}
          {text('url')}
          {text('token', server?.token_state === 'set' ? 'token_keep' : 'token_help')}
          {text('timeout_s')}
          {check('may_be_private')}
          {server ? check('is_enabled') : null}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{translate('ra.action.cancel')}</Button>
          <Button disabled={save.isPending} type="submit" variant="contained">
            {translate('ra.action.save')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
