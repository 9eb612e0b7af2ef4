/** Which ratings are looked at. */
import { MenuItem, Stack, TextField, ToggleButton, ToggleButtonGroup } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { Choice } from '@/shared/api/feedback';

interface FiltersProps {
  choice: Choice;
  models: string[];
  onChange: (choice: Choice) => void;
}

export function Filters({ choice, models, onChange }: FiltersProps) {
  const translate = useTranslate();
  return (
    <Stack direction="row" sx={{ gap: 2, flexWrap: 'wrap', alignItems: 'center' }}>
      <ToggleButtonGroup
        exclusive
        onChange={(_, value: string | null) => onChange({ ...choice, value: value ?? '' })}
        size="small"
        value={choice.value}
      >
        <ToggleButton value="">{translate('maru.feedback.all')}</ToggleButton>
        <ToggleButton value="1">{translate('maru.feedback.good')}</ToggleButton>
        <ToggleButton value="-1">{translate('maru.feedback.bad')}</ToggleButton>
      </ToggleButtonGroup>
      <TextField
        fullWidth={false}
        label={translate('maru.feedback.model')}
        onChange={(event) => onChange({ ...choice, model: event.target.value })}
        select
        slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
        sx={{ width: 240, m: 0 }}
        value={choice.model}
      >
        <MenuItem value="">{translate('maru.feedback.any_model')}</MenuItem>
        {models.filter(Boolean).map((model) => (
          <MenuItem key={model} value={model}>
            {model}
          </MenuItem>
        ))}
      </TextField>
    </Stack>
  );
}
