import { QueryClient } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext, Notification } from 'react-admin';
import { beforeEach, expect, it } from 'vitest';
import { makeI18nProvider } from '@/shared/i18n';
import { refusal, serve } from '@/test/server';
import { PersonasPage } from './PersonasPage';

const persona = (id: number, name: string, extra: object = {}) => ({
  id,
  name,
  avatar: '',
  description: '',
  greeting: '',
  context: '',
  style: '',
  sampling: {},
  model: '',
  suggested_prompts: [],
  document_ids: [],
  is_shared: true,
  is_own: false,
  is_builtin: false,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...extra,
});
const ROWS = [
  persona(1, 'Haru', { model: 'talks-poet' }),
  persona(2, 'Mine', { is_shared: false, is_own: true, model: 'went-away' }),
];
const MODELS = {
  models: [{ id: 'talks-poet', kind: 'chat', settings: { lora: [['poet', 0.8]] } }],
  adapters: [],
};

function show(routes: Parameters<typeof serve>[0] = {}) {
  const asked = serve({
    'GET /api/personas/': { body: ROWS },
    'GET /api/admin/models/': { body: MODELS },
    ...routes,
  });
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <PersonasPage />
      <Notification />
    </AdminContext>,
  );
  return asked;
}

const row = async (name: string) => within(await screen.findByRole('article', { name }));

beforeEach(() => localStorage.setItem('maru.language', 'en'));

it('says whose each is and which model it prefers, also one that is gone', async () => {
  show();
  expect(await (await row('Haru')).findByText('talks-poet · LoRA poet')).toBeVisible();
  expect((await row('Haru')).getByText('House')).toBeVisible();
  expect(await (await row('Mine')).findByText('went-away: no such model')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: "The house's" }));
  expect(screen.queryByRole('article', { name: 'Mine' })).toBeNull();
});

it('deletes only after a question', async () => {
  const asked = show({ 'DELETE /api/personas/1/': { status: 204 } });
  await userEvent.click((await row('Haru')).getByRole('button', { name: 'Delete: Haru' }));
  expect(await screen.findByText(/Its conversations stay/)).toBeVisible();
  expect(asked.some((one) => one.method === 'DELETE')).toBe(false);
  await userEvent.click(screen.getByRole('button', { name: 'Confirm' }));
  await screen.findByRole('article', { name: 'Haru' });
  expect(asked.filter((one) => one.method === 'DELETE')).toHaveLength(1);
});

it('publishes, and says what the server refused in its words', async () => {
  const asked = show({ 'PATCH /api/personas/2/': refusal(409, 'conflict', 'The house is full.') });
  await userEvent.click((await row('Mine')).getByRole('button', { name: 'Publish to the house: Mine' }));
  expect(await screen.findByText('The house is full.')).toBeVisible();
  expect(asked.find((one) => one.method === 'PATCH')?.body).toEqual({ is_shared: true });
});

it('changes what is in the form and leaves sampling and documents alone', async () => {
  const asked = show({ 'PATCH /api/personas/1/': { body: ROWS[0] } });
  await userEvent.click((await row('Haru')).getByRole('button', { name: 'Edit: Haru' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Haru' }));
  await userEvent.type(dialog.getByRole('textbox', { name: 'Suggestions' }), 'What is new?\n\nTell me a poem');
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  await screen.findByRole('article', { name: 'Haru' });
  const sent = asked.find((one) => one.method === 'PATCH')?.body as Record<string, unknown>;
  expect(sent).toMatchObject({ model: 'talks-poet', suggested_prompts: ['What is new?', 'Tell me a poem'] });
  expect(Object.keys(sent)).not.toContain('sampling');
  expect(Object.keys(sent)).not.toContain('document_ids');
});
