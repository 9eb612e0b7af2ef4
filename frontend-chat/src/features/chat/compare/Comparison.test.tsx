import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { SnackbarProvider } from 'notistack';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { theme } from '@/app/theme';
import type { ComparisonSide, Message } from '@/shared/api/types';
import type { ConnectionListener } from '@/shared/socket/connection';
import type { ClientFrame } from '@/shared/socket/frames';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { chunk, message, sessionState } from '@/test/rows';
import { MessageItem } from '../components/MessageItem';
import { ChatController } from '../state/controller';
import { isAnswering, runningOf } from '../state/tree';

let sent: ClientFrame[] = [];
let asked: string[] = [];

function side(letter: 'a' | 'b', more: Partial<Message> = {}, told: Partial<ComparisonSide> = {}): Message {
  const [id, other] = letter === 'a' ? [2, 3] : [3, 2];
  const comparison = { id: 9, side: letter, other, is_blind: true, verdict: null, ...told };
  return message(id, 1, { content: `from ${letter}`, model: '', siblings: [2, 3], comparison, ...more });
}

/** What the server answers, by method and address. */
function serve(answers: Record<string, unknown>): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    asked.push(`${call} ${request.method === 'POST' ? await request.text() : ''}`.trim());
    return Response.json(answers[call] ?? { code: 'not_found' }, { status: call in answers ? 200 : 404 });
  });
}

function show(row: Message, ...frames: ServerFrame[]) {
  let listener: ConnectionListener | null = null;
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return { send: (frame) => sent.push(frame) > 0, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (flush) => flush(),
  });
  const hear = (...more: ServerFrame[]) => act(() => more.forEach((frame) => listener?.onFrame(frame)));
  hear(sessionState(row.id, [message(1, null), row]), ...frames);
  const item = () => {
    const shown = chat.getState().messages.get(row.id);
    return shown && <MessageItem chat={chat} message={shown} isLast />;
  };
  const page = () => (
    <ThemeProvider theme={theme}>
      <QueryClientProvider client={new QueryClient()}>
        <SnackbarProvider>{item()}</SnackbarProvider>
      </QueryClientProvider>
    </ThemeProvider>
  );
  const { rerender } = render(page());
  chat.subscribe(() => act(() => rerender(page())));
  return { chat, hear };
}

const vote = (name: string) => screen.getByRole('button', { name });

beforeEach(() => {
  [sent, asked] = [[], []];
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: query.includes('1000px'),
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
});
afterEach(() => vi.unstubAllGlobals());

test('it works: two answers in the making, then a vote that names them', async () => {
  const named = [side('a', { model: 'jay' }, { verdict: 'b' }), side('b', { model: 'owl' }, { verdict: 'b' })];
  serve({ 'POST /api/comparisons/9/vote/': { replies: named } });
  const running = [
    side('a', { status: 'streaming', content: '' }),
    side('b', { status: 'queued', content: '' }),
  ] as const;
  const { chat, hear } = show(running[0], { type: 'message_updated', message: running[1] });
  hear(chunk(2, 0, 'Hi from a'), chunk(3, 0, 'Hi from b'));
  expect(await screen.findByRole('region', { name: 'Answer A' })).toHaveTextContent('Hi from a');
  expect(screen.getByRole('region', { name: 'Answer B' })).toHaveTextContent('Hi from b');
  expect(vote('A is better')).toBeDisabled();
  expect(isAnswering(chat.getState(), [running[0]])).toBe(true);

  hear({ type: 'ai_complete', message: side('a') });
  expect(runningOf(chat.getState(), running[0]), 'the other side is still to be stopped').toEqual([3]);
  hear({ type: 'ai_complete', message: side('b') });
  expect(isAnswering(chat.getState(), [running[0]])).toBe(false);
  expect(screen.queryByRole('button', { name: 'Answer again' })).toBeNull();
  await userEvent.click(vote('B is better'));
  expect(asked).toEqual(['POST /api/comparisons/9/vote/ {"verdict":"b"}']);
  expect(await screen.findByTestId('verdict')).toHaveTextContent('You found B better.');
  expect(within(screen.getByTestId('side-b')).getByText('Better')).toBeVisible();
  expect(screen.getByRole('heading', { name: 'A · jay' })).toBeVisible();
});

test('the side that is not on the branch is fetched', async () => {
  serve({ 'GET /api/messages/3/': { ...side('b'), metadata: null } });
  show(side('a'));
  expect(await screen.findByRole('region', { name: 'Answer B' })).toHaveTextContent('from b');
  expect(vote('Equally good')).toBeEnabled();
});

test('what is fetched late does not take an end back', async () => {
  serve({ 'GET /api/messages/3/': { ...side('b', { status: 'streaming', content: 'from' }), metadata: null } });
  const { chat, hear } = show(side('a'));
  hear({ type: 'ai_complete', message: side('b') });
  await waitFor(() => expect(asked).toHaveLength(1));
  await act(() => Promise.resolve());
  expect(chat.getState().messages.get(3)?.status).toBe('complete');
});

test('without an answer there is nothing to vote on, but the names can be seen', async () => {
  serve({ 'POST /api/comparisons/9/vote/': { replies: [] } });
  show(side('a'), { type: 'message_updated', message: side('b', { status: 'failed', content: '' }) });
  expect(await screen.findByText(/One of the two did not answer/)).toBeVisible();
  expect(vote('A is better')).toBeDisabled();
  await userEvent.click(vote('Show the names without a vote'));
  expect(asked).toEqual(['POST /api/comparisons/9/vote/ {"verdict":"skipped"}']);
});

test('with names that are known nothing is hidden', async () => {
  const told = { is_blind: false };
  show(side('a', { model: 'jay' }, told), { type: 'message_updated', message: side('b', { model: 'owl' }, told) });
  expect(await screen.findByRole('heading', { name: 'A · jay' })).toBeVisible();
  expect(screen.queryByRole('button', { name: /without a vote/ })).toBeNull();
  expect(screen.getAllByRole('group', { name: 'What to do with this answer' }).length).toBe(2);
});
