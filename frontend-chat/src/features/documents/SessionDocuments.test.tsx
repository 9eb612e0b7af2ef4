import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SessionConfig } from '@/shared/api/types';
import SessionDocuments from './SessionDocuments';

const missing = { code: 'not_found', detail: 'This does not exist.', retryable: false };
const plan = { id: 5, title: 'Plan', status: 'ready' };
const server = setupServer(
  http.get('*/api/collections/', () => HttpResponse.json({ next: null, results: [{ id: 1, name: 'Floors' }] })),
  http.get('*/api/documents/', () => HttpResponse.json({ next: null, results: [plan] })),
  http.get('*/api/documents/:id/', () => HttpResponse.json(missing, { status: 404 })),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

test('documents and folders that were deleted do not keep others from being chosen', async () => {
  const onChange = vi.fn();
  const config = { document_ids: [3, 4], collection_ids: [1, 2] } as SessionConfig;
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <SessionDocuments config={config} onChange={onChange} />
    </QueryClientProvider>,
  );
  expect(await screen.findAllByText('Deleted since')).toHaveLength(3);
  await userEvent.click(screen.getByRole('combobox'));
  await userEvent.click(await screen.findByRole('option', { name: 'Plan' }));
  expect(onChange).toHaveBeenCalledWith({ document_ids: [5], collection_ids: [1] });
});
