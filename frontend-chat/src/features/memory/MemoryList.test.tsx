import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { MemoryRouter } from 'react-router';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { makeQueryClient } from '@/app/queryClient';
import { show } from '@/test/show';
import { MemoryList } from './MemoryList';

const PAGE = 2;
const row = (id: number, kind: string, text: string) => ({
  id,
  kind,
  text,
  created_at: '2026-11-21T06:00:00Z',
  found_by: null,
  replaced_by: null,
  session: null,
});
const all = [
  ...[9, 8, 7].map((id) => row(id, 'turn', `question ${id}`)),
  row(1, 'fact', 'I live in Busan.'), // older than everything that was asked since
];
/** The newest first, a page at a time, as the server does. */
const server = setupServer(
  http.get('*/api/memories/', ({ request }) => {
    const asked = new URL(request.url).searchParams;
    const kind = asked.get('kind');
    const rows = all.filter((one) => kind === null || one.kind === kind);
    const from = Number(asked.get('cursor') ?? 0);
    const next = from + PAGE < rows.length ? `http://inside/api/memories/?cursor=${from + PAGE}` : null;
    return HttpResponse.json({ next, results: rows.slice(from, from + PAGE) });
  }),
);
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

test('a fact is there whatever was asked since, and what was asked is there to its beginning', async () => {
  show(
    <MemoryRouter>
      <MemoryList />
    </MemoryRouter>,
  );
  expect(await screen.findByText('I live in Busan.')).toBeVisible();
  expect(screen.queryByText('question 7')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Show older ones' }));
  expect(await screen.findByText('question 7')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Show older ones' })).toBeNull();
});

test('a search that fails says so, and the field stays with what was written', async () => {
  show(
    <MemoryRouter>
      <MemoryList />
    </MemoryRouter>,
    makeQueryClient(),
  );
  const field = await screen.findByRole('textbox', { name: 'Search memories' });
  const failure = { code: 'storage_full', detail: 'There is no room left.', retryable: false };
  server.use(http.get('*/api/memories/', () => HttpResponse.json(failure, { status: 507 })));
  await userEvent.type(field, '부산');
  expect(await screen.findByRole('alert')).toHaveTextContent('There is no room left.');
  expect(field).toBeVisible();
  expect(field).toHaveFocus();
  expect(field).toHaveValue('부산');

  server.resetHandlers();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('I live in Busan.')).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
});

test('what is written is asked for once it stands still, not at each key', async () => {
  const asked = new Set<string>();
  server.use(
    http.get('*/api/memories/', ({ request }) => {
      asked.add(new URL(request.url).searchParams.get('q') ?? '');
      return HttpResponse.json({ next: null, results: [] });
    }),
  );
  vi.useFakeTimers({ shouldAdvanceTime: true });
  show(
    <MemoryRouter>
      <MemoryList />
    </MemoryRouter>,
    makeQueryClient(),
  );
  const field = screen.getByRole('textbox', { name: 'Search memories' });
  for (const value of ['ㅂ', '부', '붓', '부사', '부산']) fireEvent.change(field, { target: { value } });
  await vi.advanceTimersByTimeAsync(1_000);
  await waitFor(() => expect([...asked]).toEqual(['', '부산']));
  vi.useRealTimers();
});
