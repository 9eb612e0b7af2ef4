/** A conversation that cannot be made: what was written and attached for it stays, and goes when it is tried again. */
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse, ws } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { App } from '@/app/App';
import { makeQueryClient } from '@/app/queryClient';
import { session } from '@/test/rows';

const at = (path: string) => `${location.origin}/api/${path}`;
const sockets = ws.link(`${location.origin.replace('http', 'ws')}/ws/*`);
const full = { code: 'storage_full', detail: 'There is no room left on the server.', retryable: true };

const server = setupServer(
  http.get(at('auth/me/'), () => HttpResponse.json({ id: 1, username: 'sumi', display_name: '', language: '' })),
  http.get(at('auth/setup/'), () => HttpResponse.json({ needs_setup: false, needs_code: false, registration: 'open' })),
  http.get(at('house/'), () => HttpResponse.json({ banner: { level: 'off', en: '', ko: '' }, web_search: true })),
  http.get(at('openings/'), () => HttpResponse.json({ results: [] })),
  http.get(at('quota/'), () => HttpResponse.json({}, { status: 404 })),
  http.get(at('sessions/'), () => HttpResponse.json({ next: null, results: [] })),
  http.get(at('sessions/folders/'), () => HttpResponse.json({ results: [] })),
  http.get(at('sessions/7/config/'), () => HttpResponse.json({ model: '' })),
  http.get(at('llm/models/'), () => HttpResponse.json([])),
  http.get(at('llm/stats/'), () => HttpResponse.json({ engine: 'local', state: 'ready' })),
  http.get(at('uploads/limits/'), () =>
    HttpResponse.json({ max_bytes: 10, max_pixels: 9, media_types: ['image/png'], per_message: 10, room_bytes: 100 }),
  ),
  http.get(at('documents/limits/'), () =>
    HttpResponse.json({ suffixes: ['pdf'], max_bytes: 10, room_bytes: 100, room_documents: 5 }),
  ),
  http.post(at('uploads/'), () => HttpResponse.json({ id: 5, name: 'floor.png' }, { status: 201 })),
  sockets.addEventListener('connection', () => undefined),
);

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' });
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
});
beforeEach(() => {
  sessionStorage.clear();
  history.replaceState(null, '', '/');
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const box = () => screen.findByRole('textbox', { name: 'Message' });

test.each([
  ['the server has no room', () => HttpResponse.json(full, { status: 507 }), full.detail],
  ['the server refuses', () => HttpResponse.json({ ...full, code: 'x', detail: 'No.' }, { status: 400 }), 'No.'],
  ['the server breaks', () => new HttpResponse('<h1>', { status: 500 }), 'Something went wrong'],
  ['nobody answers', () => HttpResponse.error(), 'cannot be reached'],
])('when %s, words, files and switches stay, and go with the next try', async (_, refusal, words) => {
  server.use(http.post(at('sessions/'), refusal));
  render(<App queries={makeQueryClient()} />);
  await userEvent.click(await screen.findByRole('switch', { name: 'Search the web' }));
  await userEvent.upload(screen.getByTestId('file-input'), new File(['x'], 'floor.png', { type: 'image/png' }));
  await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
  await userEvent.type(await box(), 'look{Enter}');

  expect(await screen.findByTestId('not-sent')).toHaveTextContent(words);
  expect(await box()).toHaveValue('look');
  expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready');
  expect(screen.getByRole('switch', { name: 'Search the web' })).toBeChecked();

  server.use(http.post(at('sessions/'), () => HttpResponse.json(session({ title: '' }), { status: 201 })));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(location.pathname).toBe('/c/7'));
  const [kept] = JSON.parse(sessionStorage.getItem('maru.outbox.7') ?? '[]');
  const attachments = [{ kind: 'image', id: 5, name: 'floor.png' }];
  expect(kept).toMatchObject({ text: 'look', web_search: true, attachments });
});

test('a suggestion that did not go is tried again as it was; what is in the box stays there', async () => {
  server.use(http.post(at('sessions/'), () => HttpResponse.json(full, { status: 507 })));
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await box(), 'mine');
  await userEvent.click(screen.getByRole('button', { name: /^Explain/ }));
  await screen.findByTestId('not-sent');
  expect(await box()).toHaveValue('mine');
  server.use(http.post(at('sessions/'), () => HttpResponse.json(session({ title: '' }), { status: 201 })));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(location.pathname).toBe('/c/7'));
  expect(sessionStorage.getItem('maru.outbox.7')).not.toContain('mine');
  expect(sessionStorage.getItem('maru.draft.new')).toBe('mine');
});

const attach = () =>
  userEvent.upload(screen.getByTestId('file-input'), new File(['x'], 'floor.png', { type: 'image/png' }));
const outbox = () => JSON.parse(sessionStorage.getItem('maru.outbox.7') ?? '[]');

test('a suggestion takes along what is attached and switched on, and leaves what is in the box', async () => {
  server.use(http.post(at('sessions/'), () => HttpResponse.json(session({ title: '' }), { status: 201 })));
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await box(), 'mine');
  await userEvent.click(await screen.findByRole('switch', { name: 'Search the web' }));
  await attach();
  await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
  await userEvent.click(screen.getByRole('button', { name: /^Explain/ }));
  await waitFor(() => expect(location.pathname).toBe('/c/7'));
  const attachments = [{ kind: 'image', id: 5, name: 'floor.png' }];
  expect(outbox()).toMatchObject([{ text: expect.not.stringContaining('mine'), web_search: true, attachments }]);
  expect(sessionStorage.getItem('maru.draft.new')).toBe('mine');
});

test('while a file is on its way, a suggestion waits in the box behind what is there, once', async () => {
  let arrive: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  server.use(
    http.post(at('sessions/'), () => HttpResponse.json(session({ title: '' }), { status: 201 })),
    http.post(at('uploads/'), () =>
      arrived.then(() => HttpResponse.json({ id: 5, name: 'floor.png' }, { status: 201 })),
    ),
  );
  render(<App queries={makeQueryClient()} />);
  await userEvent.type(await box(), 'mine');
  await attach();
  const suggestion = screen.getByRole('button', { name: /^Explain/ });
  await userEvent.click(suggestion);
  await userEvent.click(suggestion);
  expect((await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })).value).toMatch(/^mine\n\n.+$/);
  expect(await box()).toHaveFocus();
  arrive?.();
  await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
  await userEvent.type(await box(), '{Enter}');
  await waitFor(() => expect(location.pathname).toBe('/c/7'));
  expect(outbox()).toMatchObject([{ text: expect.stringContaining('mine'), attachments: [{ id: 5 }] }]);
});
