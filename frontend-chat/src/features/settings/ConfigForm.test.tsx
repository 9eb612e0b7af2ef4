import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionConfig } from '@/shared/api/types';
import { ConfigForm, type DocumentsSlot } from './ConfigForm';

const fields = { document_ids: ['no such document'] };
const refusal = { code: 'bad_input', detail: 'Something is not right.', retryable: false, fields };
const server = setupServer(
  http.get('*/api/llm/models/', () => HttpResponse.json([])),
  http.patch('*/api/sessions/7/config/', () => HttpResponse.json(refusal, { status: 400 })),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

const Documents = ({ onChange }: DocumentsSlot) => (
  <button onClick={() => onChange({ document_ids: [3] })}>choose</button>
);

test('why a choice of documents is refused is told', async () => {
  const config = {
    model: '',
    system_prompt: '',
    max_tokens: null,
    memory_enabled: true,
    temperature: null,
    top_p: null,
  };
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ConfigForm sessionId={7} config={config as SessionConfig} Documents={Documents} />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'choose' }));
  expect(await screen.findByText('no such document')).toBeVisible();
});
