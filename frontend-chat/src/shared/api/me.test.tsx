import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ME, meQuery } from './me';
import { useEnterSends } from './useEnterSends';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterAll(() => server.close());

test('who only reads the account keeps nobody from asking again, also when it came last', async () => {
  let isSignedIn = true;
  server.use(
    http.get(`${location.origin}/api/auth/me/`, () =>
      isSignedIn
        ? HttpResponse.json({ id: 1, enter_sends: false })
        : HttpResponse.json({ code: 'not_authenticated', detail: '', retryable: false }, { status: 401 }),
    ),
  );
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { result } = renderHook(() => ({ me: useQuery(meQuery).data, sends: useEnterSends() }), {
    wrapper: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
  });
  await waitFor(() => expect(result.current).toMatchObject({ me: { id: 1 }, sends: false }));
  isSignedIn = false;
  await queries.invalidateQueries({ queryKey: ME });
  await waitFor(() => expect(result.current).toEqual({ me: null, sends: true }));
});
