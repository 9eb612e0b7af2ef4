import { expect, test } from 'vitest';
import type { Persona } from '@/shared/api/types';
import { fieldsOf, inputOf, NEW_PERSONA } from './form';

const haru = {
  name: '하루',
  avatar: '🐈',
  description: '',
  greeting: '안녕',
  context: '책방 주인',
  style: '',
  model: '',
  sampling: { temperature: 0.9, top_k: 7 },
  suggested_prompts: ['하나', '둘'],
  is_shared: false,
} as unknown as Persona;

test('it works: what is edited comes back as it was', () => {
  expect(inputOf(fieldsOf(haru), haru)).toMatchObject({
    name: '하루',
    sampling: { temperature: 0.9, top_k: 7 },
    suggested_prompts: ['하나', '둘'],
  });
});

test('an empty temperature is the default, the other parameters stay', () => {
  expect(inputOf({ ...fieldsOf(haru), temperature: ' ' }, haru).sampling).toEqual({ top_k: 7 });
});

test('only staff speaks of sharing', () => {
  expect(inputOf({ ...NEW_PERSONA, name: 'x' }, null)).not.toHaveProperty('is_shared');
  expect(inputOf({ ...NEW_PERSONA, name: 'x', isShared: true }, null)).toHaveProperty('is_shared', true);
});

test('empty lines are no suggestions', () => {
  expect(inputOf({ ...NEW_PERSONA, suggestions: ' a \n\n b' }, null).suggested_prompts).toEqual(['a', 'b']);
});
