import { expect, it } from 'vitest';
import { catalogues } from '@/shared/i18n';
import { ACTIONS, changesOf, keyOf } from './AuditList';

it('says a change in one line', () => {
  expect(changesOf({ role: [null, 'staff'], days: [30, 90] } as never)).toBe('role: – → staff, days: 30 → 90');
  expect(changesOf({} as never)).toBe('');
});

it('has a word for every action in both languages', () => {
  const action = keyOf('user.password_reset').split('.').at(-1) as keyof typeof catalogues.en.maru.audit;
  expect(catalogues.en.maru.audit[action]).toBe('New password');
  for (const each of ACTIONS) {
    expect(catalogues.en.maru.audit).toHaveProperty(keyOf(each).split('.').at(-1) ?? '');
  }
});

it('tells in the reader’s words what staff changed of what is the house’s', () => {
  const { changed } = catalogues.ko.maru.audit;
  const wordOf = (name: string) => changed[name as keyof typeof changed];
  const changes = { name: ['마루', '온돌'], texts: [null, 'context, greeting'] } as never;
  expect(changesOf(changes, wordOf)).toBe('이름: 마루 → 온돌, 고친 항목: 설정, 인사말');
});
