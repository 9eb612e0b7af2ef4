import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import type { ReactNode } from 'react';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeQueryClient } from '@/app/queryClient';
import { useAttachments } from './useAttachments';

const kept = new Set<string>();
const server = setupServer(http.all('*', () => HttpResponse.json({}, { status: 404 })));
beforeAll(() => {
  server.listen();
  let made = 0;
  URL.createObjectURL = () => {
    made += 1;
    kept.add(`blob:${made}`);
    return `blob:${made}`;
  };
  URL.revokeObjectURL = (address) => kept.delete(address);
});
afterAll(() => server.close());

const image = (name: string) => new File(['x'], name, { type: 'image/png' });

test('images that are left behind with the page keep no memory', () => {
  const queries = makeQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>{children}</QueryClientProvider>
  );
  const { result, unmount } = renderHook(() => useAttachments(false), { wrapper });
  act(() => result.current.add([image('one.png'), image('two.png')]));
  act(() => result.current.remove(result.current.items[0]?.key ?? ''));
  expect(kept.size).toBe(1);
  unmount();
  expect(kept.size).toBe(0);
});

const FAILURE = { code: 'error', detail: '', retryable: true };
const GONE = { code: 'not_found', detail: 'This does not exist.', retryable: false };

function given() {
  server.use(
    http.get('*/api/uploads/limits/', () => HttpResponse.json({ per_message: 10 })),
    http.get('*/api/documents/limits/', () =>
      HttpResponse.json({ suffixes: ['pdf'], max_bytes: 10, room_bytes: 100, room_documents: 5 }),
    ),
    http.post('*/api/documents/', () => HttpResponse.json({ id: 8, title: 'plan' }, { status: 201 })),
  );
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => useAttachments(false), { wrapper });
  act(() => result.current.add([new File(['x'], 'plan.pdf')]));
  return result;
}

test('a document is asked for again when the first ask for it failed', async () => {
  let nAsked = 0;
  server.use(
    http.get('*/api/documents/8/', () => {
      nAsked += 1;
      return nAsked === 1
        ? HttpResponse.json(FAILURE, { status: 503 })
        : HttpResponse.json({ id: 8, status: 'ready', progress: 1, error: null });
    }),
  );
  const result = given();
  await waitFor(() => expect(nAsked).toBe(1));
  await waitFor(() => expect(result.current.items[0]?.state).toBe('ready'));
  expect(result.current.isBusy).toBe(false);
});

test('a document that is deleted elsewhere while it is read does not keep the message', async () => {
  let nAsked = 0;
  server.use(
    http.get('*/api/documents/8/', () => {
      nAsked += 1;
      return nAsked === 1
        ? HttpResponse.json({ id: 8, status: 'extracting', progress: 0.1, error: null })
        : HttpResponse.json(GONE, { status: 404 });
    }),
  );
  const result = given();
  await waitFor(() => expect(result.current.items[0]?.state).toBe('failed'));
  expect(result.current.items[0]?.problem).toEqual({ code: 'not_found', detail: 'This does not exist.' });
  expect(result.current.isBusy).toBe(false);
});
