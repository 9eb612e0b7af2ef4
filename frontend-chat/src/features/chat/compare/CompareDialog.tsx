/** Which two models answer the next message, and whether their names are told before the vote. */
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useModels } from '@/shared/api/useModels';
import type { Compare } from '@/shared/socket/frames';
import { FormDialog } from '@/shared/ui/FormDialog';

const DRAWN = '';

interface CompareDialogProps {
  onChoose: (compare: Compare) => void;
  onClose: () => void;
}

export default function CompareDialog({ onChoose, onClose }: CompareDialogProps) {
  const { t } = useTranslation();
  const models = useModels().data ?? [];
  const [isBlind, setIsBlind] = useState(true);
  const [first, setFirst] = useState(DRAWN);
  const [second, setSecond] = useState(DRAWN);
  const isDrawn = isBlind && first === DRAWN;
  const hasTwo = first !== DRAWN && second !== DRAWN && first !== second;
  const field = (label: string, value: string, onChange: (name: string) => void, taken: string, canDraw: boolean) => (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: canDraw } }}
    >
      {canDraw && <MenuItem value={DRAWN}>{t('compare.drawn')}</MenuItem>}
      {models.map(({ id }) => (
        <MenuItem key={id} value={id} disabled={id === taken}>
          {id}
        </MenuItem>
      ))}
    </TextField>
  );
  return (
    <FormDialog
      title={t('compare.title')}
      submit={t('compare.choose')}
      isIncomplete={!isDrawn && !hasTwo}
      onSubmit={() => onChoose({ models: isDrawn ? [] : [first, second], is_blind: isBlind })}
      onClose={onClose}
    >
      <Typography variant="body2" sx={{ color: 'text.secondary' }}>
        {t('compare.about')}
      </Typography>
      <FormControlLabel
        control={<Switch checked={isBlind} onChange={(_, next) => setIsBlind(next)} />}
        label={t('compare.blind')}
      />
      {field(t('compare.first'), first, setFirst, second, isBlind)}
      {!isDrawn && field(t('compare.second'), second, setSecond, first, false)}
    </FormDialog>
  );
}
