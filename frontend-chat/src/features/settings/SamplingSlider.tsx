/** A number of sampling as a slider; null is the default, shown where it lies. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Slider from '@mui/material/Slider';
import Typography from '@mui/material/Typography';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface SamplingSliderProps {
  label: string;
  help: string;
  value: number | null;
  /** Where the thumb stands while nothing is chosen. */
  standard: number;
  min?: number;
  max: number;
  step: number;
  onSave: (value: number | null) => void;
}

export function SamplingSlider({ label, help, value, standard, min = 0, max, step, onSave }: SamplingSliderProps) {
  const { t } = useTranslation();
  const id = useId();
  const [moving, setMoving] = useState<number | null>(null);
  const shown = moving ?? value;
  return (
    <Box>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, minHeight: 32 }}>
        <Typography id={id} variant="body2" sx={{ flex: 1, fontWeight: 600 }}>
          {label}
        </Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary', fontVariantNumeric: 'tabular-nums' }}>
          {shown ?? t('settings.byDefault')}
        </Typography>
        {value !== null && (
          <Button size="small" onClick={() => onSave(null)}>
            {t('settings.reset')}
          </Button>
        )}
      </Box>
      <Slider
        size="small"
        aria-labelledby={id}
        value={shown ?? standard}
        min={min}
        max={max}
        step={step}
        onChange={(_event, next) => setMoving(next)}
        onChangeCommitted={(_event, next) => {
          setMoving(null);
          onSave(next);
        }}
      />
      <Typography component="p" variant="caption" sx={{ color: 'text.secondary' }}>
        {help}
      </Typography>
    </Box>
  );
}
