/** Whether images go along hangs on the model that will answer: the conversation's, else its persona's, else the house's. */
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse, ws } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { App } from '@/app/App';
import { makeQueryClient } from '@/app/queryClient';
import { message, session, sessionState } from '@/test/rows';

const at = (path: string) => `${location.origin}/api/${path}`;
const sockets = ws.link(`${location.origin.replace('http', 'ws')}/ws/*`);
const card = (id: string, sees_images: boolean | null, is_default = false) => ({ id, sees_images, is_default });
const models = [card('blind', false, true), card('eye', true), card('mole', false)];

let chosen = '';
let persona: number | null = null;
let isTold = true;

const server = setupServer(
  http.get(at('auth/me/'), () => HttpResponse.json({ id: 1, username: 'sumi', display_name: '', language: '' })),
  http.get(at('auth/setup/'), () => HttpResponse.json({ needs_setup: false, needs_code: false, registration: 'open' })),
  http.get(at('house/'), () => HttpResponse.json({ banner: { level: 'off', en: '', ko: '' } })),
  http.get(at('openings/'), () => HttpResponse.json({ results: [] })),
  http.get(at('quota/'), () => HttpResponse.json({}, { status: 404 })),
  http.get(at('sessions/'), () => HttpResponse.json({ next: null, results: [] })),
  http.get(at('sessions/folders/'), () => HttpResponse.json({ results: [] })),
  http.get(at('sessions/7/config/'), () => HttpResponse.json({ model: chosen })),
  http.patch(at('sessions/7/config/'), async ({ request }) => HttpResponse.json(await request.json())),
  http.get(at('personas/'), () =>
    HttpResponse.json(['', 'eye', 'mole'].map((model, n) => ({ id: n + 1, name: `persona ${n}`, avatar: '', model }))),
  ),
  http.get(at('llm/models/'), () => HttpResponse.json(models)),
  http.get(at('llm/stats/'), () => HttpResponse.json({ engine: 'local', state: 'ready' })),
  http.get(at('uploads/limits/'), () =>
    HttpResponse.json({ max_bytes: 10, max_pixels: 9, media_types: ['image/png'], per_message: 10, room_bytes: 100 }),
  ),
  http.get(at('documents/limits/'), () =>
    HttpResponse.json({ suffixes: ['pdf'], max_bytes: 10, room_bytes: 100, room_documents: 5 }),
  ),
  http.post(at('uploads/'), () => HttpResponse.json({ id: 5, name: 'floor.png' }, { status: 201 })),
  sockets.addEventListener('connection', ({ client }) => {
    if (!isTold || !client.url.pathname.startsWith('/ws/chat/')) return;
    client.send(JSON.stringify({ ...sessionState(null, []), session: session({ persona }) }));
  }),
);

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' });
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
});
beforeEach(() => history.replaceState(null, '', '/c/7'));
afterAll(() => server.close());

test.each([
  ['the house’s default, with nobody else', '', null, 'blind', false],
  ['the house’s default, under a persona without a model', '', 1, 'blind', false],
  ['the house’s default, under a persona that is not there for this user any more', '', 9, 'blind', false],
  ['the persona’s, which sees', '', 2, 'eye', true],
  ['the persona’s, which does not', '', 3, 'mole', false],
  ['the conversation’s, before the persona’s', 'mole', 2, 'mole', false],
  ['the conversation’s on a chosen engine', 'eye@far', 3, 'eye@far', true],
])('the model that answers is %s', async (_, model, who, name, sees) => {
  chosen = model;
  persona = who;
  render(<App queries={makeQueryClient()} />);
  expect(await screen.findByRole('button', { name: new RegExp(`${name}`) })).toBeVisible();
  await userEvent.upload(await screen.findByTestId('file-input'), new File(['x'], 'a.png', { type: 'image/png' }));
  await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
  if (sees) expect(screen.queryByTestId('sight')).toBeNull();
  else expect(await screen.findByTestId('sight')).toHaveTextContent(`${name} does not look at images`);
});

test('the house’s default is taken for good where a persona would bring another', async () => {
  [chosen, persona] = ['', 2];
  render(<App queries={makeQueryClient()} />);
  await userEvent.click(await screen.findByRole('button', { name: /eye/ }));
  await userEvent.click(await screen.findByRole('menuitem', { name: /blind/ }));
  expect(await screen.findByRole('button', { name: /blind/ })).toBeVisible();
});

test('a document that is given before it is known whether the chat is temporary goes as to one', async () => {
  [isTold, chosen, persona] = [false, '', null];
  let form = '';
  server.use(
    http.post(at('documents/'), async ({ request }) => {
      form = await request.text();
      return HttpResponse.json({ id: 8, title: 'plan' }, { status: 201 });
    }),
    http.get(at('documents/8/'), () => HttpResponse.json({ id: 8, status: 'ready', progress: 1, error: null })),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.upload(await screen.findByTestId('file-input'), new File(['x'], 'plan.pdf'));
  await waitFor(() => expect(form).toContain('name="is_temporary"'));
});

test('the key that copies the last answer copies what was answered, without the thoughts before it', async () => {
  [isTold, chosen, persona] = [false, '', null];
  const write = vi.fn().mockResolvedValue(undefined);
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: write }, configurable: true });
  const answer = message(2, 1, { content: '<think>hm</think>**Yes.**' });
  server.use(
    sockets.addEventListener('connection', ({ client }) => {
      if (!client.url.pathname.startsWith('/ws/chat/')) return;
      client.send(JSON.stringify(sessionState(2, [message(1, null), answer])));
    }),
  );
  render(<App queries={makeQueryClient()} />);
  await waitFor(() => {
    fireEvent.keyDown(document.body, { code: 'KeyC', key: 'C', ctrlKey: true, shiftKey: true });
    expect(write).toHaveBeenCalledWith('**Yes.**');
  });
});

test('a search hit that cannot be shown says why, and the same hit can be pressed again', async () => {
  isTold = false;
  const asked = vi.fn();
  const hit = { kind: 'message', session: 7, message: 9, session_title: 'Maru', snippet: 'floor', ranges: [], at: '' };
  vi.stubGlobal('matchMedia', (media: string) => ({
    matches: media.includes('min-width'),
    media,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
  server.use(
    http.get(at('search/'), () => HttpResponse.json({ next: null, results: [hit] })),
    http.get(at('sessions/7/messages/'), () => HttpResponse.json({ next: null, results: [message(1, null)] })),
    http.patch(at('sessions/7/'), () => {
      asked();
      return HttpResponse.json({ code: 'not_found', detail: 'It is gone.', retryable: false }, { status: 404 });
    }),
    sockets.addEventListener('connection', ({ client }) => {
      if (!client.url.pathname.startsWith('/ws/chat/')) return;
      client.send(JSON.stringify(sessionState(1, [message(1, null)])));
    }),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await screen.findByRole('textbox', { name: 'Search conversations' }), 'floor');
  const link = await screen.findByRole('link', { name: /floor/ });
  await userEvent.click(link);
  await waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
  expect(await screen.findByText('It is gone.')).toBeVisible();
  await userEvent.click(link);
  await waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  vi.unstubAllGlobals();
});
