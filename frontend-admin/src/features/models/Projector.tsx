/** With which projector the model sees images, if with any. */
import { MenuItem, TextField } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { ModelList } from '@/shared/api/models';
import type { PartProps } from './formParts';

export function Projector({ projectors, draft, change }: PartProps & { projectors: ModelList['projectors'] }) {
  const translate = useTranslate();
  const names = [...new Set([...projectors.map((one) => one.name), draft.projector])].filter(Boolean);
  return (
    <TextField
      disabled={names.length === 0}
      fullWidth
      helperText={translate(names.length === 0 ? 'maru.models.form.no_projectors' : 'maru.models.form.projector_help')}
      label={translate('maru.models.form.projector')}
      onChange={(event) => change({ projector: event.target.value })}
      select
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
      sx={{ maxWidth: 480 }}
      value={draft.projector}
    >
      <MenuItem value="">{translate('maru.models.form.projector_none')}</MenuItem>
      {names.map((name) => (
        <MenuItem key={name} value={name}>
          {name}
        </MenuItem>
      ))}
    </TextField>
  );
}
