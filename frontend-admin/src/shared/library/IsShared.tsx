/** Whether what a form is about is the house's, for everybody. */
import { Checkbox, FormControlLabel } from '@mui/material';
import { useTranslate } from 'react-admin';

export function IsShared({ value, onChange }: { value: boolean; onChange: (value: boolean) => void }) {
  return (
    <FormControlLabel
      control={<Checkbox checked={value} onChange={(event) => onChange(event.target.checked)} />}
      label={useTranslate()('maru.library.is_shared')}
      sx={{ display: 'flex' }}
    />
  );
}
