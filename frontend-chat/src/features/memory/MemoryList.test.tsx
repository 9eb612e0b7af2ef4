import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { MemoryRouter } from 'react-router';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
