/** A streaming answer of 5,000 words with 30 code blocks, counted with React's profiler. */
import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { SnackbarProvider } from 'notistack';
import { Profiler } from 'react';
import { expect, test } from 'vitest';
import { theme } from '@/app/theme';
import type { ConnectionListener } from '@/shared/socket/connection';
import { chunk, message, sessionState } from '@/test/rows';
import { ChatController } from '../state/controller';
import { MessageItem } from './MessageItem';

const N_PARTS = 30;
const part = (n: number) =>
  `## Part ${n}\n\n${'word '.repeat(140)}and **more**.\n\n\`\`\`python\ndef step_${n}(x):\n    return x + ${n}\n\`\`\`\n\n- one\n- two\n\n`;
const TEXT = Array.from({ length: N_PARTS }, (_, n) => part(n)).join('');
const CHUNK = 120;
const doNothing = (): void => undefined;

test('earlier messages are never rendered; the running one at most once a frame', async () => {
  expect(TEXT.split(/\s+/).length).toBeGreaterThan(4_500);
  let listener: ConnectionListener | null = null;
  let flush = doNothing;
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return { send: () => true, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (next) => (flush = next),
  });
  const hear = (frame: Parameters<ConnectionListener['onFrame']>[0]) => listener?.onFrame(frame);
  const rows = [message(1, null), message(2, 1), message(3, 2), message(4, 3, { content: '', status: 'streaming' })];
  hear(sessionState(4, rows, [{ message_id: 4, text: '', status: 'streaming' }]));
  flush();

  const renders = new Map<string, number>();
  const count = (id: string) => renders.set(id, (renders.get(id) ?? 0) + 1);
  render(
    <ThemeProvider theme={theme}>
      <QueryClientProvider client={new QueryClient()}>
        <SnackbarProvider>
          {rows.map((row) => (
            <Profiler key={row.id} id={String(row.id)} onRender={count}>
              <MessageItem chat={chat} message={row} isLast={row.id === 4} />
            </Profiler>
          ))}
        </SnackbarProvider>
      </QueryClientProvider>
    </ThemeProvider>,
  );
  hear(chunk(4, 0, '# Begins\n\n'));
  await act(async () => flush());
  await screen.findByRole('heading', { name: 'Begins' });

  renders.clear();
  let nFrames = 0;
  for (let offset = 0; offset < TEXT.length; offset += CHUNK) {
    const text = TEXT.slice(offset, offset + CHUNK);
    // Two frames of the socket, one of the screen.
    hear(chunk(4, 10 + offset, text.slice(0, CHUNK / 2)));
    if (text.length > CHUNK / 2) hear(chunk(4, 10 + offset + CHUNK / 2, text.slice(CHUNK / 2)));
    await act(async () => flush());
    nFrames++;
  }
  expect([...renders.keys()]).toEqual(['4']);
  // Once a frame, and once more for the colours of each code block when it has ended.
  expect(renders.get('4')).toBeLessThanOrEqual(nFrames + N_PARTS);
  expect(screen.getAllByTestId('code-block')).toHaveLength(N_PARTS);
}, 120_000);
