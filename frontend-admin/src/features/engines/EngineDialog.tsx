/** Adding an engine, or changing one that was added here. */
import {
  Alert,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  MenuItem,
  TextField,
} from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { useTranslate } from 'react-admin';
import { engines, type Engine } from '@/shared/api/engines';
import { useAct } from '@/shared/useAct';

const NUMBERS = ['weight', 'n_slots', 'n_ctx'] as const;
const SEES = { unknown: null, yes: true, no: false } as const;
type Sees = keyof typeof SEES;

interface EngineDialogProps {
  engine: Engine | null;
  onClose: () => void;
}

export function EngineDialog({ engine, onClose }: EngineDialogProps) {
  const translate = useTranslate();
  const client = useQueryClient();
  const id = useId();
  const [fields, setFields] = useState({
    url: engine?.url ?? '',
    name: '',
    key: '',
    weight: String(engine?.weight ?? 1),
    n_slots: String(engine?.n_slots ?? 8),
    n_ctx: String(engine?.n_ctx ?? 0),
    sees: (['unknown', 'yes', 'no'] as const).find((name) => SEES[name] === (engine?.sees_images ?? null)) ?? 'unknown',
    may_be_private: engine?.may_be_private ?? false,
  });
  const save = useAct(
    () => {
      const { url, name, key, may_be_private } = fields;
      const [weight, n_slots, n_ctx] = [Number(fields.weight), Number(fields.n_slots), Number(fields.n_ctx)];
      const sees_images = SEES[fields.sees];
      const told = { url, may_be_private, sees_images, weight, n_slots, n_ctx, ...(key ? { key } : {}) };
      return engine ? engines.change(engine.name, told) : engines.add({ ...told, name });
    },
    () => {
      void client.invalidateQueries({ queryKey: ['engines'] });
      onClose();
    },
  );
  const text = (name: 'url' | 'name' | 'key' | (typeof NUMBERS)[number], help?: string) => (
    <TextField
      autoComplete="off"
      helperText={help ? translate(`maru.engines.form.${help}`) : undefined}
      label={translate(`maru.engines.form.${name}`)}
      onChange={(event) => setFields({ ...fields, [name]: event.target.value.trim() })}
      required={name === 'url'}
      type={name === 'key' ? 'password' : (NUMBERS as readonly string[]).includes(name) ? 'number' : 'text'}
      slotProps={{ htmlInput: { step: 'any' } }}
      value={fields[name]}
    />
  );
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(undefined);
  }
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="sm" onClose={onClose} open>
      <form onSubmit={submit}>
        <DialogTitle id={id}>{engine ? engine.name : translate('maru.engines.add')}</DialogTitle>
        <DialogContent>
          <Alert severity="info" sx={{ mb: 1 }} variant="outlined">
            {translate('maru.engines.form.leaves_house')}
          </Alert>
          {text('url', 'url_help')}
          {engine ? null : text('name')}
          {text('key', engine?.key_state === 'set' ? 'key_keep' : 'key_help')}
          {NUMBERS.map((name) => (
            <div key={name}>{text(name)}</div>
          ))}
          <TextField
            label={translate('maru.engines.form.sees_images')}
            onChange={(event) => setFields({ ...fields, sees: event.target.value as Sees })}
            select
            value={fields.sees}
          >
            {(Object.keys(SEES) as Sees[]).map((name) => (
              <MenuItem key={name} value={name}>
                {translate(`maru.engines.form.sees.${name}`)}
              </MenuItem>
            ))}
          </TextField>
          <FormControlLabel
            control={
              <Checkbox
                checked={fields.may_be_private}
                onChange={(event) => setFields({ ...fields, may_be_private: event.target.checked })}
              />
            }
            label={translate('maru.engines.form.may_be_private')}
          />
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{translate('ra.action.cancel')}</Button>
          <Button disabled={save.isPending} type="submit" variant="contained">
            {translate('maru.engines.form.save')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
