/** The whole application against a server of handlers: who is let in where, and the first message. */
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse, ws } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { chunk, message, session, sessionState } from '@/test/rows';
import { App } from './App';
import { makeQueryClient } from './queryClient';

const at = (path: string) => `${location.origin}/api/${path}`;
const sockets = ws.link(`${location.origin.replace('http', 'ws')}/ws/*`);
const user = { id: 1, username: 'sumi', email: '', display_name: '', language: '', theme: 'system', is_staff: false };
const nobody = { code: 'not_authenticated', detail: 'Please sign in.', retryable: false };

let isSignedIn = false;
let needsSetup = false;

const server = setupServer(
  http.get(at('auth/me/'), () => (isSignedIn ? HttpResponse.json(user) : HttpResponse.json(nobody, { status: 401 }))),
  http.get(at('auth/setup/'), () =>
    HttpResponse.json({ needs_setup: needsSetup, needs_code: needsSetup, registration: 'open' }),
  ),
  http.get(at('house/'), () => HttpResponse.json({ banner: { level: 'off', en: '', ko: '' } })),
  http.get(at('openings/'), () => HttpResponse.json({ results: [] })),
  http.get(at('quota/'), () => HttpResponse.json({}, { status: 404 })),
  http.get(at('sessions/'), () => HttpResponse.json({ next: null, results: [] })),
  http.get(at('sessions/7/config/'), () => HttpResponse.json({ model: '' })),
  http.get(at('llm/models/'), () => HttpResponse.json([])),
  http.get(at('llm/stats/'), () => HttpResponse.json({ engine: 'local', state: 'ready' })),
  sockets.addEventListener('connection', () => undefined),
);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  isSignedIn = false;
  needsSetup = false;
  history.replaceState(null, '', '/');
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

test('a stranger is led to the login, and a wrong password says so', async () => {
  server.use(
    http.post(at('auth/login/'), () =>
      HttpResponse.json({ code: 'bad_credentials', detail: 'That is not right.', retryable: false }, { status: 401 }),
    ),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await screen.findByLabelText('Name or email'), 'sumi');
  await userEvent.type(screen.getByLabelText('Password'), 'wrong');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByText('That is not right.')).toBeVisible();
  expect(location.pathname).toBe('/login');
});

test('a new house asks for its administrator and the setup code, and says what is wrong beside the field', async () => {
  needsSetup = true;
  const given = vi.fn();
  server.use(
    http.post(at('auth/register/'), async ({ request }) => {
      given(await request.json());
      const fields = { password: ['Too short.'] };
      return HttpResponse.json({ code: 'bad_input', detail: 'No.', retryable: false, fields }, { status: 400 });
    }),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await screen.findByLabelText('Setup code'), 'ABCD');
  await userEvent.type(screen.getByLabelText('Username'), 'sumi');
  await userEvent.type(screen.getByLabelText('Password'), 'x');
  await userEvent.click(screen.getByRole('button', { name: 'Create the administrator' }));
  expect(await screen.findByText('Too short.')).toBeVisible();
  expect(given).toHaveBeenCalledWith(expect.objectContaining({ setup_code: 'ABCD', username: 'sumi', password: 'x' }));
});

// What the list shows is tested in MessageItem.test.tsx and in a browser: jsdom has no layout, so a virtual list is empty here.
test('the first message makes a conversation and is sent once', async () => {
  isSignedIn = true;
  const heard: Record<string, unknown>[] = [];
  server.use(
    http.post(at('sessions/'), () => HttpResponse.json(session({ title: '' }), { status: 201 })),
    sockets.addEventListener('connection', ({ client }) => {
      if (!client.url.pathname.startsWith('/ws/chat/')) return;
      const say = (frame: unknown) => client.send(JSON.stringify(frame));
      say(sessionState(null, []));
      client.addEventListener('message', (event) => {
        const frame = JSON.parse(String(event.data));
        heard.push(frame);
        if (frame.type !== 'chat_message') return;
        const question = message(1, null, { content: frame.message, client_id: frame.client_id });
        const reply = message(2, 1, { content: '', status: 'queued' });
        say({ type: 'message_created', message: question, reply, client_id: frame.client_id });
        say({ type: 'ai_start', message_id: 2, model: 'starter' });
        say(chunk(2, 0, 'A floor.'));
        say({ type: 'ai_complete', message: { ...reply, content: 'A floor.', status: 'complete' } });
      });
    }),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await screen.findByRole('textbox', { name: 'Message' }), 'What is a maru?{Enter}');
  await waitFor(() => expect(location.pathname).toBe('/c/7'));
  await waitFor(() => expect(heard.filter((frame) => frame.type === 'chat_message')).toHaveLength(1));
  await waitFor(() => expect(sessionStorage.getItem('maru.outbox.7')).toBeNull());
});

test('who loses the login in the middle is led to it', async () => {
  isSignedIn = true;
  render(<App queries={makeQueryClient()} />);
  await screen.findByRole('textbox', { name: 'Message' });
  server.use(http.post(at('sessions/'), () => HttpResponse.json(nobody, { status: 401 })));
  await userEvent.type(screen.getByRole('textbox', { name: 'Message' }), 'hello{Enter}');
  expect(await screen.findByRole('button', { name: 'Sign in' })).toBeVisible();
});

test.each([
  ['the same one', 1, 'half a secret'],
  ['another one', 2, ''],
])('%s who signs in again in this tab finds the own words only', async (_, id, words) => {
  isSignedIn = true;
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await screen.findByRole('textbox', { name: 'Message' }), 'half a secret');
  server.use(
    http.post(at('sessions/'), () => HttpResponse.json(nobody, { status: 401 })),
    http.post(at('auth/login/'), () => HttpResponse.json({ user: { ...user, id }, token: 'x', expires_at: '' })),
  );
  await userEvent.keyboard('{Enter}');
  await userEvent.type(await screen.findByLabelText('Name or email'), 'name');
  await userEvent.type(screen.getByLabelText('Password'), 'right');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('textbox', { name: 'Message' })).toHaveValue(words);
});
