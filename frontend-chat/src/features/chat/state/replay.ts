/** What has to be asked for to get an answer a second time: its model, its sampling and its seed. Pure. */
import type { NewAnswer } from '@/shared/api/endpoints';
import type { Metadata } from '@/shared/api/types';

const NUMBERS = ['temperature', 'top_p', 'top_k', 'min_p', 'repeat_penalty', 'max_tokens'] as const;

export function overridesOf(metadata: Metadata): NewAnswer {
  const overrides: NewAnswer = {};
  for (const name of NUMBERS) {
    const value = metadata.model_params[name];
    if (typeof value === 'number') overrides[name] = value;
  }
  const { stop } = metadata.model_params;
  if (Array.isArray(stop)) overrides.stop = stop.filter((text) => typeof text === 'string');
  if (metadata.seed !== null) overrides.seed = metadata.seed;
  if (metadata.model_version !== '') overrides.model = metadata.model_version;
  return overrides;
}
