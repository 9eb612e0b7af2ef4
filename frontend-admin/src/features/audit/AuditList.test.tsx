import { expect, it } from 'vitest';
import { catalogues } from '@/shared/i18n';
import { changesOf, keyOf } from './AuditList';

it('says a change in one line', () => {
  expect(changesOf({ role: [null, 'staff'], days: [30, 90] } as never)).toBe('role: – → staff, days: 30 → 90');
  expect(changesOf({} as never)).toBe('');
});

it('has a word for every action in both languages', () => {
  const action = keyOf('user.password_reset').split('.').at(-1) as keyof typeof catalogues.en.maru.audit;
  expect(catalogues.en.maru.audit[action]).toBe('New password');
});
