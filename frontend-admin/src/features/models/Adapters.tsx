/** Which LoRA adapters the model wears, and how strongly each. */
import { Box, Checkbox, FormControlLabel, Stack, Typography } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { ModelList } from '@/shared/api/models';
import { STRENGTH } from './draft';
import { NumberField, type PartProps } from './formParts';

export function Adapters({ adapters, draft, change }: PartProps & { adapters: ModelList['adapters'] }) {
  const translate = useTranslate();
  const names = [...new Set([...adapters.map((one) => one.name), ...Object.keys(draft.lora)])];
  if (names.length === 0) {
    return (
      <Typography color="textSecondary" variant="body2">
        {translate('maru.models.form.no_adapters')}
      </Typography>
    );
  }
  function put(name: string, isOn: boolean) {
    const others = Object.fromEntries(Object.entries(draft.lora).filter(([one]) => one !== name));
    change({ lora: isOn ? { ...others, [name]: String(STRENGTH) } : others });
  }
  return (
    <>
      {names.map((name) => (
        <Stack direction="row" key={name} sx={{ gap: 2, alignItems: 'center', flexWrap: 'wrap' }}>
          <FormControlLabel
            control={<Checkbox checked={name in draft.lora} onChange={(event) => put(name, event.target.checked)} />}
            label={name}
          />
          {name in draft.lora ? (
            <Box sx={{ width: 140 }}>
              <NumberField
                label={translate('maru.models.form.scale')}
                onChange={(text) => change({ lora: { ...draft.lora, [name]: text } })}
                placeholder={String(STRENGTH)}
                value={draft.lora[name] ?? ''}
              />
            </Box>
          ) : null}
        </Stack>
      ))}
      <Typography color="textSecondary" variant="caption">
        {translate('maru.models.form.lora_help')}
      </Typography>
    </>
  );
}
