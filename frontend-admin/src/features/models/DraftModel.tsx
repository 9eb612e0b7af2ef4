/** Which small model guesses ahead for this one, if any. */
import { MenuItem, TextField } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { ModelRow } from '@/shared/api/models';
import { draftModelsFor } from './draft';
import type { PartProps } from './formParts';

interface DraftModelProps extends PartProps {
  model: ModelRow;
  all: ModelRow[];
}

export function DraftModel({ model, all, draft, change }: DraftModelProps) {
  const translate = useTranslate();
  const names = [...new Set([...draftModelsFor(model, all), draft.draft_model])].filter(Boolean);
  const help = names.length === 0 ? 'no_draft_models' : 'draft_model_help';
  return (
    <TextField
      fullWidth
      helperText={translate(`maru.models.form.${help}`)}
      label={translate('maru.models.form.draft_model')}
      onChange={(event) => change({ draft_model: event.target.value })}
      select
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
      sx={{ maxWidth: 480 }}
      value={draft.draft_model}
    >
      <MenuItem value="">{translate('maru.models.form.draft_model_none')}</MenuItem>
      {names.map((name) => (
        <MenuItem key={name} value={name}>
          {name}
        </MenuItem>
      ))}
    </TextField>
  );
}
