/** What the parts of the form are made of. */
import { Box, TextField, Typography } from '@mui/material';
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
  onChange: (text: string) => void;
}

export function NumberField({ label, value, help, onChange }: NumberFieldProps) {
  const house = useTranslate()('maru.models.form.house');
  return (
    <TextField
      helperText={help}
      label={label}
      onChange={(event) => onChange(event.target.value)}
      placeholder={house}
      slotProps={{ htmlInput: { inputMode: 'decimal', step: 'any' }, inputLabel: { shrink: true } }}
      type="number"
      value={value}
    />
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
