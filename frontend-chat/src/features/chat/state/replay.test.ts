import { expect, test } from 'vitest';
import { metadata } from '@/test/rows';
import { overridesOf } from './replay';

test('it works: model, sampling and seed', () => {
  expect(overridesOf(metadata())).toEqual({
    model: 'starter',
    seed: 42,
    temperature: 0.7,
    top_p: 0.95,
    max_tokens: 1024,
    stop: [],
  });
});

test('what was not recorded, or is no number, is left to the house', () => {
  const params = { temperature: null, top_k: 'many', stop: ['END', 1] };
  expect(overridesOf(metadata({ seed: null, model_version: '', model_params: params }))).toEqual({ stop: ['END'] });
});
