import { QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
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
