import { QueryClient } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext } from 'react-admin';
import { expect, it } from 'vitest';
import type { Rule } from '@/shared/api/moderation';
import { makeI18nProvider } from '@/shared/i18n';
import { serve } from '@/test/server';
import { RuleRow } from './RuleRow';

const rule = { id: 3, name: 'no secrets', kind: 'word', pattern: 'secret', direction: 'in', action: 'mask' } as const;

it.each([
  ['en', 'Delete the rule: no secrets', /2 findings/, 'Cancel', 'Confirm'],
  ['ko', '규칙 삭제: no secrets', /2건/, '취소', '확인'],
])('a rule goes with its findings only when that was confirmed (%s)', async (language, remove, said, no, yes) => {
  localStorage.setItem('maru.language', language);
  const asked = serve({ 'DELETE /api/admin/moderation/3/': { status: 204 } });
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <RuleRow rule={{ ...rule, is_active: true, created_at: '', n_findings: 2 } as Rule} />
    </AdminContext>,
  );
  await userEvent.click(await screen.findByRole('button', { name: remove }));
  expect(await screen.findByText(said)).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: no }));
  expect(asked).toEqual([]);
  await userEvent.click(await screen.findByRole('button', { name: remove }));
  await userEvent.click(await screen.findByRole('button', { name: yes }));
  await waitFor(() => expect(asked.map((one) => one.method)).toEqual(['DELETE']));
});
