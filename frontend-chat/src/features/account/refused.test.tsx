import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { show } from '@/test/show';
import KeysPart from './KeysPart';
import LoginsPart from './LoginsPart';

const busy = { code: 'unavailable', detail: 'The database is busy.', retryable: true };
const refuse = () => HttpResponse.json(busy, { status: 503 });
const at = '2026-11-21T06:00:00Z';
const login = { user_agent: '', created_at: at, last_used_at: at };
const key = { id: 3, name: 'script', start: 'maru-abc', scopes: ['read'], expires_at: null, last_used_at: null };
const server = setupServer(
  http.get('*/api/auth/keys/', () => HttpResponse.json([key])),
  http.delete('*/api/auth/keys/3/', refuse),
  http.get('*/api/auth/logins/', () =>
    HttpResponse.json([
      { ...login, id: 1, is_current: true },
      { ...login, id: 2, is_current: false },
    ]),
  ),
  http.delete('*/api/auth/logins/2/', refuse),
  http.post('*/api/auth/logout-others/', refuse),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

test('a key that could not be revoked says so', async () => {
  show(<KeysPart />);
  await userEvent.click(await screen.findByRole('button', { name: /Revoke/ }));
  await userEvent.click(await screen.findByRole('button', { name: 'Revoke' }));
  expect(await screen.findByText(busy.detail)).toBeVisible();
});

test.each(['Sign out', 'Sign out everywhere else'])('a login that could not be ended says so: %s', async (name) => {
  show(<LoginsPart />);
  await screen.findAllByTestId('login');
  await userEvent.click(screen.getByRole('button', { name }));
  expect(await screen.findByText(busy.detail)).toBeVisible();
});
