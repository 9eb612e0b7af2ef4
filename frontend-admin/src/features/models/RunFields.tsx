/** How the engine runs the model: sizes, threads, attention, the cache. */
import { FormControlLabel, MenuItem, Switch, TextField } from '@mui/material';
import { useTranslate } from 'react-admin';
import { FLASH, KV_TYPES, NUMBERS, type Draft } from './draft';
import { Grid, NumberField, type PartProps } from './formParts';

const SHOWS_EMPTY = { inputLabel: { shrink: true }, select: { displayEmpty: true } };
const HELPED: ReadonlySet<string> = new Set(['niceness', 'n_gpu_layers']);

export function RunFields({ draft, change }: PartProps) {
  const translate = useTranslate();
  return (
    <>
      <Grid>
        {NUMBERS.map((name) => (
          <NumberField
            help={HELPED.has(name) ? translate(`maru.models.form.${name}_help`) : undefined}
            key={name}
            label={translate(`maru.models.form.${name}`)}
            onChange={(text) => change({ numbers: { ...draft.numbers, [name]: text } })}
            value={draft.numbers[name]}
          />
        ))}
        <TextField
          label={translate('maru.models.form.flash_attention')}
          onChange={(event) => change({ flash_attention: event.target.value as Draft['flash_attention'] })}
          select
          slotProps={SHOWS_EMPTY}
          value={draft.flash_attention}
        >
          <MenuItem value="">{translate('maru.models.form.house')}</MenuItem>
          {FLASH.map((one) => (
            <MenuItem key={one} value={one}>
              {translate(`maru.models.form.${one}`)}
            </MenuItem>
          ))}
        </TextField>
        <TextField
          helperText={translate('maru.models.form.kv_help')}
          label={translate('maru.models.form.kv_type')}
          onChange={(event) => change({ kv_type: event.target.value as Draft['kv_type'] })}
          select
          slotProps={SHOWS_EMPTY}
          value={draft.kv_type}
        >
          <MenuItem value="">{translate('maru.models.form.house')}</MenuItem>
          {KV_TYPES.map((one) => (
            <MenuItem key={one} value={one}>
              {one}
            </MenuItem>
          ))}
        </TextField>
      </Grid>
      <FormControlLabel
        control={
          <Switch checked={draft.keeps_loaded} onChange={(event) => change({ keeps_loaded: event.target.checked })} />
        }
        label={translate('maru.models.form.keeps_loaded')}
      />
    </>
  );
}
