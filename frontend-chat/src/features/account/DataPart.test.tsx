import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import DataPart from './DataPart';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const address = '*/api/sessions/import/';
const conversation = (n: number, size = 10) => ({ title: `Floor ${n}`, text: 'x'.repeat(size) });
const fileOf = (value: unknown) => new File([JSON.stringify(value)], 'all.json', { type: 'application/json' });
/** Two of this size are more than a part. */
const LARGE = 9 * 1024 * 1024;

/** A server that takes what comes once for each key, unless `refusal` has something to say to the n-th request. `lost`: its answer. */
function taking(
  refusal: (n: number) => Response | null = () => null,
  lost: (n: number) => boolean = () => false,
): { titles: string[]; keys: string[] } {
  const got = { titles: [] as string[], keys: [] as string[] };
  let n = 0;
  server.use(
    http.post(address, async ({ request }) => {
      const rows = (await request.json()) as { title: string }[];
      n += 1;
      const refused = refusal(n);
      if (refused) return refused;
      const key = request.headers.get('Idempotency-Key') ?? '';
      if (!got.keys.includes(key)) got.titles.push(...rows.map(({ title }) => title));
      got.keys.push(key);
      if (lost(n)) return HttpResponse.error();
      return HttpResponse.json({ sessions: rows.map((_, id) => ({ id })) }, { status: 201 });
    }),
  );
  return got;
}

const choose = (file: File) => userEvent.upload(screen.getByTestId('import-file'), file);

test('it works: a small file goes in one request, all of it or nothing', async () => {
  const [imported, got] = [vi.fn(), taking()];
  render(<DataPart onImported={imported} />);
  await choose(fileOf([conversation(1), conversation(2)]));
  expect(await screen.findByText('2 conversations imported')).toBeVisible();
  expect(got.titles).toEqual(['Floor 1', 'Floor 2']);
  expect(imported).toHaveBeenCalledTimes(1);
});

test('a large one comes in part by part; after a failure the next try goes on where it stopped', async () => {
  const busy = { code: 'unavailable', detail: 'The server restarts.', retryable: true };
  const got = taking((n) => (n === 3 ? HttpResponse.json(busy, { status: 503 }) : null));
  render(<DataPart onImported={() => undefined} />);
  await choose(fileOf([1, 2, 3, 4].map((n) => conversation(n, LARGE))));
  expect(await screen.findByText(/The server restarts/, {}, { timeout: 10_000 })).toBeVisible();
  expect(screen.getByText('2 conversations from before it are in and stay.')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Go on from here' }));
  expect(await screen.findByText('4 conversations imported', {}, { timeout: 10_000 })).toBeVisible();
  expect(got.titles).toEqual(['Floor 1', 'Floor 2', 'Floor 3', 'Floor 4']);
}, 30_000);

test.each([1, 2])(
  'when the answer to part %i is lost, the next try brings it in no second time',
  async (part) => {
    const got = taking(
      () => null,
      (n) => n === part,
    );
    render(<DataPart onImported={() => undefined} />);
    await choose(fileOf([1, 2, 3].map((n) => conversation(n, LARGE))));
    expect(await screen.findByText(/cannot be reached/, {}, { timeout: 10_000 })).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: part === 1 ? 'Try again' : 'Go on from here' }));
    expect(await screen.findByText('3 conversations imported', {}, { timeout: 10_000 })).toBeVisible();
    expect(got.titles).toEqual(['Floor 1', 'Floor 2', 'Floor 3']);
    expect(new Set(got.keys).size).toBe(3);

    await choose(fileOf([conversation(4)]));
    expect(await screen.findByText('1 conversation imported')).toBeVisible();
    expect(new Set(got.keys).size).toBe(4);
  },
  30_000,
);

test('a limit of so many a minute is waited for; what is wrong is told by its place in the file', async () => {
  const slower = { code: 'throttled', detail: 'Slower.', retryable: true, retry_after_s: 0.01 };
  const fields = { 'conversations.0.title': ['is too long'] };
  const bad = { code: 'bad_input', detail: 'Please check it.', retryable: false, fields };
  taking((n) =>
    n === 1 ? HttpResponse.json(slower, { status: 429 }) : n === 3 ? HttpResponse.json(bad, { status: 400 }) : null,
  );
  render(<DataPart onImported={() => undefined} />);
  await choose(fileOf([1, 2].map((n) => conversation(n, LARGE))));
  expect(await screen.findByText(/conversations\.1\.title: is too long/, {}, { timeout: 10_000 })).toBeVisible();
}, 30_000);

test('what is no JSON is said without asking the server', async () => {
  render(<DataPart onImported={() => undefined} />);
  await choose(new File(['hello'], 'all.json', { type: 'application/json' }));
  expect(await screen.findByText(/no JSON file/)).toBeVisible();
});
