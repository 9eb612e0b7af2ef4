import { QueryClient } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext, Notification } from 'react-admin';
import { beforeEach, expect, it } from 'vitest';
import { makeI18nProvider } from '@/shared/i18n';
import { type Asked, serve } from '@/test/server';
import { SettingsPage } from './SettingsPage';

const words = (en: string, ko = en) => ({ en, ko });
const row = (name: string, kind: string, value: unknown, normal: unknown, extra = {}) => ({
  name,
  group: 'answers',
  kind,
  value,
  default: normal,
  label: words(name),
  help: words(''),
  unit: words(''),
  low: 0,
  high: 50,
  max_length: 0,
  is_multiline: false,
  choices: [],
  ...extra,
});
const body = (memory: boolean, size: number) => ({
  groups: [{ name: 'answers', label: words('Answers', '답변') }],
  settings: [row('memory', 'flag', memory, true), row('size', 'number', size, 50, { unit: words('MiB') })],
});
const patches = (asked: Asked[]) => asked.filter((one) => one.method === 'PATCH').map((one) => one.body);

function show() {
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <SettingsPage />
      <Notification />
    </AdminContext>,
  );
}

beforeEach(() => localStorage.setItem('maru.language', 'en'));

it('saves a switch at once and takes it back', async () => {
  let memory = true;
  const asked = serve({
    'GET /api/admin/settings/': { body: body(true, 50) },
    'PATCH /api/admin/settings/': () => ({ body: body((memory = !memory), 50) }),
  });
  show();
  await userEvent.click(await screen.findByRole('switch', { name: 'memory' }));
  expect(await screen.findByText('Default: on')).toBeVisible();
  expect(patches(asked)).toEqual([{ memory: false }]);
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(patches(asked)).toEqual([{ memory: false }, { memory: null }]));
});

it('saves a number on Enter, and says beside it what the server does not take', async () => {
  const asked = serve({
    'GET /api/admin/settings/': { body: body(true, 50) },
    'PATCH /api/admin/settings/': {
      status: 400,
      body: { code: 'bad_input', detail: 'No.', retryable: false, fields: { size: ['must be from 1 to 50'] } },
    },
  });
  show();
  const field = await screen.findByRole('textbox', { name: 'size' });
  await userEvent.clear(field);
  await userEvent.type(field, '99{Enter}');
  const line = screen.getByTestId('setting-size');
  expect(await within(line).findByText('must be from 1 to 50')).toBeVisible();
  expect(patches(asked)[0]).toEqual({ size: 99 });
});

it('says beside a retention, while it is typed, what would go by it', async () => {
  const kept = row('retention_days_user', 'number', 0, 0, { high: 3650 });
  const asked = serve({
    'GET /api/admin/settings/': { body: { groups: body(true, 50).groups, settings: [kept] } },
    'POST /api/admin/retention/': () => ({
      body: { results: [{ role: 'user', days: 30, n_sessions: 1234, n_users: 56 }] },
    }),
  });
  show();
  const field = await screen.findByRole('textbox', { name: 'retention_days_user' });
  await userEvent.clear(field);
  await userEvent.type(field, '30');
  expect(await screen.findByText('With 30 days, 1,234 conversations of 56 users would go now.')).toBeVisible();
  expect(asked.findLast((one) => one.method === 'POST')?.body).toEqual({ user: 30 });
  expect(patches(asked)).toEqual([]);
});
