/** What a model is doing now. Colour never stands alone: the word says it too. */
import { Chip, Tooltip } from '@mui/material';
import { useTranslate } from 'react-admin';
import type { ModelRow } from '@/shared/api/models';

const COLOURS = {
  serving: 'success',
  idle: 'default',
  loading: 'info',
  asleep: 'default',
  failed: 'error',
  unusable: 'error',
} as const;

export function stateOf(model: ModelRow): keyof typeof COLOURS {
  if (model.state !== 'loaded') return model.state;
  return model.n_users > 0 ? 'serving' : 'idle';
}

export function StateChip({ model }: { model: ModelRow }) {
  const translate = useTranslate();
  const state = stateOf(model);
  const chip = (
    <Chip
      color={COLOURS[state]}
      label={translate(`maru.models.state.${state}`, { n: model.n_users })}
      size="small"
      variant={state === 'asleep' ? 'outlined' : 'filled'}
    />
  );
  return model.problem ? <Tooltip title={model.problem}>{chip}</Tooltip> : chip;
}
