/** What the parts of the form are made of. */
import { Box, MenuItem, TextField, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useTranslate } from 'react-admin';
import type { Draft } from './draft';

export interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

interface NumberFieldProps {
  label: string;
  value: string;
  help?: string | undefined;
  /** What an empty one means; else the house's own. */
  placeholder?: string;
  onChange: (text: string) => void;
}

export function NumberField({ label, value, help, placeholder, onChange }: NumberFieldProps) {
  const house = useTranslate()('maru.models.form.house');
  return (
    <TextField
      helperText={help}
      label={label}
      onChange={(event) => onChange(event.target.value)}
      placeholder={placeholder ?? house}
      slotProps={{ htmlInput: { inputMode: 'decimal', step: 'any' }, inputLabel: { shrink: true } }}
      type="number"
      value={value}
    />
  );
}

interface ChoiceFieldProps {
  label: string;
  /** Of what there is to choose from. */
  names: readonly string[];
  /** What "" means. */
  none: string;
  value: string;
  help: string;
  onChange: (name: string) => void;
}

/** One of the files that are there, or none. What is chosen is among them also when its file is gone. */
export function ChoiceField({ label, names, none, value, help, onChange }: ChoiceFieldProps) {
  return (
    <TextField
      fullWidth
      helperText={help}
      label={label}
      onChange={(event) => onChange(event.target.value)}
      select
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
      sx={{ maxWidth: 480 }}
      value={value}
    >
      <MenuItem value="">{none}</MenuItem>
      {[...new Set([...names, value])].filter(Boolean).map((name) => (
        <MenuItem key={name} value={name}>
          {name}
        </MenuItem>
      ))}
    </TextField>
  );
}

export const Grid = ({ children }: { children: ReactNode }) => (
  <Box
    sx={{
      display: 'grid',
      columnGap: 2,
      gridTemplateColumns: { xs: '1fr 1fr', md: 'repeat(3, 1fr)' },
      alignItems: 'start',
    }}
  >
    {children}
  </Box>
);

export const Part = ({ heading, children }: { heading: string; children: ReactNode }) => (
  <Box component="fieldset" sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}>
    <Typography component="legend" sx={{ mb: 1, p: 0 }} variant="h6">
      {heading}
    </Typography>
    {children}
  </Box>
);
