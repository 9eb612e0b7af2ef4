import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SessionConfig } from '@/shared/api/types';
import { ConfigForm, type DocumentsSlot } from './ConfigForm';

const fields = { document_ids: ['no such document'] };
const refusal = { code: 'bad_input', detail: 'Something is not right.', retryable: false, fields };
const server = setupServer(
  http.get('*/api/llm/models/', () => HttpResponse.json([])),
  http.patch('*/api/sessions/7/config/', () => HttpResponse.json(refusal, { status: 400 })),
);
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const Documents = ({ onChange }: DocumentsSlot) => (
  <button onClick={() => onChange({ document_ids: [3] })}>choose</button>
);

const config = {
  model: '',
  system_prompt: '',
  max_tokens: null,
  memory_enabled: true,
  temperature: null,
  top_p: null,
} as SessionConfig;

function show(first: SessionConfig) {
  const queries = new QueryClient();
  const form = (now: SessionConfig) => (
    <QueryClientProvider client={queries}>
      <ConfigForm sessionId={7} config={now} Documents={Documents} />
    </QueryClientProvider>
  );
  const { rerender } = render(form(first));
  return (now: SessionConfig) => rerender(form(now));
}

test('why a choice of documents is refused is told', async () => {
  show(config);
  await userEvent.click(screen.getByRole('button', { name: 'choose' }));
  expect(await screen.findByText('no such document')).toBeVisible();
});

const system = () => screen.getByRole('textbox', { name: 'System prompt' });
const tokens = () => screen.getByRole('spinbutton', { name: 'Longest answer (tokens)' });
const changed = { ...config, system_prompt: 'Be kind.', max_tokens: 900 };

function takeSaves(): object[] {
  const saved: object[] = [];
  server.use(
    http.patch('*/api/sessions/7/config/', async ({ request }) => {
      const patch = (await request.json()) as object;
      saved.push(patch);
      return HttpResponse.json({ ...changed, ...patch });
    }),
  );
  return saved;
}

describe('a field that was changed on another device', () => {
  test('is shown, and looking at it writes nothing back', async () => {
    const saved = takeSaves();
    const tell = show({ ...config, system_prompt: 'Be brief.', max_tokens: 300 });
    tell(changed);
    await userEvent.click(system());
    await userEvent.click(tokens());
    await userEvent.tab();
    await userEvent.click(screen.getByRole('button', { name: 'choose' }));
    await screen.findByText('Saved');
    expect(saved).toEqual([{ document_ids: [3] }]);
    expect(system()).toHaveValue('Be kind.');
    expect(tokens()).toHaveValue(900);
  });

  test('does not take away what is being written here', async () => {
    const saved = takeSaves();
    const tell = show({ ...config, system_prompt: 'Be brief.' });
    await userEvent.type(system(), ' And 친절히.');
    tell(changed);
    expect(system()).toHaveValue('Be brief. And 친절히.');
    await userEvent.tab();
    await screen.findByText('Saved');
    expect(saved).toEqual([{ system_prompt: 'Be brief. And 친절히.' }]);
  });
});
