import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import { SnackbarProvider } from 'notistack';
import { beforeAll, expect, test } from 'vitest';
import { theme } from '@/app/theme';
import type { Metadata } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { message, metadata } from '@/test/rows';
import { ChatController } from '../state/controller';
import ShapedPanel from './ShapedPanel';

beforeAll(() => withTexts(Promise.resolve()));

function show(recorded: Metadata | null) {
  const chat = new ChatController(7, {
    connect: () => ({ send: () => true, close: () => undefined, reconnect: () => undefined }),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(['message', 2], { ...message(2, 1), metadata: recorded });
  render(
    <ThemeProvider theme={theme}>
      <QueryClientProvider client={queries}>
        <SnackbarProvider>
          <ShapedPanel chat={chat} messageId={2} onClose={() => undefined} />
        </SnackbarProvider>
      </QueryClientProvider>
    </ThemeProvider>,
  );
  return within(screen.getByRole('dialog', { name: 'What shaped this answer' }));
}

test('it works: what was measured is told, with its unit', () => {
  const panel = show(metadata({ dropped_turns: 2, decode_ms: 2400, ttft_ms: 190, tokens_per_second: 25.04 }));
  expect(panel.getByText('120 tokens')).toBeVisible();
  expect(panel.getByText('2.4 s')).toBeVisible();
  expect(panel.getByText('190 ms')).toBeVisible();
  expect(panel.getByText('25.0 tokens per second')).toBeVisible();
  expect(panel.getByRole('button', { name: 'Copy the seed: 42' })).toBeVisible();
  expect(panel.getByText('Turns left out').nextSibling).toHaveTextContent('2');
  expect(panel.getByTestId('rendered-prompt').textContent).toBe(metadata().rendered_prompt);
});

test('what was not measured is left out', () => {
  const panel = show(metadata({ ttft_ms: null, tokens_per_second: null, rendered_prompt: '', engine: '' }));
  expect(panel.queryByText('To the first word')).toBeNull();
  expect(panel.queryByText('Speed')).toBeNull();
  expect(panel.queryByText('Engine')).toBeNull();
  expect(panel.queryByTestId('rendered-prompt')).toBeNull();
});

test('an answer of which nothing was recorded says so', () => {
  expect(show(null).getByText('Nothing was recorded for this answer.')).toBeVisible();
});
