import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUSE } from '@/shared/api/useHouse';
import { LogNotice } from './LogNotice';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

/** Returns when the house has answered. */
async function show(isLogged: boolean) {
  const answer = { banner: { level: 'off', en: '', ko: '' }, jsonl_log: isLogged };
  server.use(http.get(`${location.origin}/api/house/`, () => HttpResponse.json(answer)));
  const queries = new QueryClient();
  render(
    <QueryClientProvider client={queries}>
      <LogNotice />
    </QueryClientProvider>,
  );
  await waitFor(() => expect(queries.getQueryData(HOUSE)).toEqual(answer));
}

test('whoever writes where conversations are written down is told', async () => {
  await show(true);
  expect(await screen.findByTestId('log-notice')).toHaveTextContent('keeps a log');
});

test('elsewhere nothing is said', async () => {
  await show(false);
  expect(screen.queryByTestId('log-notice')).toBeNull();
});
