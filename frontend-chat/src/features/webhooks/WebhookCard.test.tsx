import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Webhook } from '@/shared/api/webhooks';
import { WebhookCard } from './WebhookCard';

const busy = { code: 'unavailable', detail: 'The database is busy.', retryable: true };
const server = setupServer(http.delete('*/api/webhooks/3/', () => HttpResponse.json(busy, { status: 503 })));
beforeAll(() => server.listen());
afterAll(() => server.close());

test('a webhook that could not be deleted says so', async () => {
  const webhook = { id: 3, name: 'far', url: 'https://far/', is_active: true, is_given_up: false } as Webhook;
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WebhookCard webhook={webhook} isOn onChanged={() => undefined} onSecret={() => undefined} />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Delete “far”' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }));
  expect(await screen.findByText(busy.detail)).toBeVisible();
});
