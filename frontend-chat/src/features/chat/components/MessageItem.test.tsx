import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { SnackbarProvider } from 'notistack';
import { Profiler, type ReactNode } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { theme } from '@/app/theme';
import type { Message } from '@/shared/api/types';
import type { ConnectionListener } from '@/shared/socket/connection';
import type { ClientFrame } from '@/shared/socket/frames';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { chunk, message, sessionState } from '@/test/rows';
import { ChatController } from '../state/controller';
import { MessageItem } from './MessageItem';
import { PendingItem } from './PendingItem';

let sent: ClientFrame[] = [];
let hear: (...frames: ServerFrame[]) => void;

function open(...frames: ServerFrame[]): ChatController {
  let listener: ConnectionListener | null = null;
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return { send: (frame) => sent.push(frame) > 0, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (flush) => flush(),
  });
  hear = (...more) => act(() => more.forEach((frame) => listener?.onFrame(frame)));
  hear(...frames);
  return chat;
}

const page = (children: ReactNode) => (
  <ThemeProvider theme={theme}>
    <QueryClientProvider client={new QueryClient()}>
      <SnackbarProvider>{children}</SnackbarProvider>
    </QueryClientProvider>
  </ThemeProvider>
);

function showAnswer(row: Message, ...frames: ServerFrame[]) {
  const chat = open(sessionState(row.id, [message(1, null), row]), ...frames);
  render(page(<MessageItem chat={chat} message={row} isLast />));
  return chat;
}

const item = () => screen.getByTestId('message');

beforeEach(() => {
  sent = [];
});

test('it works: an answer with its marks for machines', async () => {
  showAnswer(message(2, 1, { content: 'Hi 🏡' }));
  expect(item()).toHaveAttribute('data-status', 'complete');
  expect(item()).toHaveAttribute('data-text-length', '4');
  expect(await screen.findByText('Hi 🏡')).toBeVisible();
});

test('the source view shows every stored character', async () => {
  const content = '# a\n\n<b>&amp;</b>  \n\n```\nx';
  showAnswer(message(2, 1, { content }));
  await userEvent.click(screen.getByRole('button', { name: 'More' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Show the source text' }));
  expect(screen.getByTestId('message-source').textContent).toBe(content);
});

test('a running answer grows, and only it is rendered', () => {
  const rows = [message(1, null), message(2, 1, { content: '', status: 'streaming' })] as const;
  const chat = open(sessionState(2, [...rows], [{ message_id: 2, text: '', status: 'streaming' }]));
  const renders = vi.fn();
  render(
    page(
      <>
        <Profiler id="first" onRender={() => renders('first')}>
          <MessageItem chat={chat} message={rows[0]} isLast={false} />
        </Profiler>
        <MessageItem chat={chat} message={rows[1]} isLast />
      </>,
    ),
  );
  renders.mockClear();
  hear(chunk(2, 0, 'one '), chunk(2, 4, 'two'));
  expect(screen.getAllByTestId('message')[1]).toHaveAttribute('data-text-length', '7');
  expect(renders).not.toHaveBeenCalled();
});

test('who waits in line sees the place and the time, and can leave', async () => {
  showAnswer(message(2, 1, { content: '', status: 'queued' }), {
    type: 'ai_queued',
    message_id: 2,
    position: 3,
    eta_ms: 5200,
  });
  expect(screen.getByTestId('waiting')).toHaveTextContent('Waiting in line: place 3 · about 6 seconds');
  await userEvent.click(screen.getByRole('button', { name: 'Leave the line' }));
  expect(sent).toContainEqual({ type: 'stop', message_id: 2 });
});

test.each([
  ['stopped', null, 'This answer was stopped.'],
  ['interrupted', null, 'This answer was interrupted.'],
  ['complete', 'length', 'The answer reached its length limit.'],
] as const)('an answer that is %s (%s) says so and can go on', async (status, finish_reason, words) => {
  showAnswer(message(2, 1, { content: 'half', status, finish_reason }));
  expect(screen.getByTestId('answer-status')).toHaveTextContent(words);
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }));
  // An acknowledgement of the test before may come late.
  expect(sent).toContainEqual({ type: 'continue', message_id: 2 });
});

test('a failed answer tells why in our language and can be tried again', async () => {
  showAnswer(message(2, 1, { content: '', status: 'failed', error_code: 'engine_lost' }));
  expect(screen.getByTestId('answer-failed')).toHaveTextContent('The engine stopped in the middle of the answer.');
  expect(screen.queryByRole('button', { name: 'Copy' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(sent.at(-1)).toEqual({ type: 'regenerate', message_id: 2 });
});

test('an answer that a rule of the house ended says so', () => {
  showAnswer(message(2, 1, { content: 'half', status: 'stopped', error_code: 'moderated' }));
  expect(screen.getByTestId('answer-status')).toHaveTextContent('A rule of this house ended this answer.');
});

test.each([
  ['cannot_continue', 'cannot go on'],
  ['engine_failed', 'answered with an error'],
  ['engine_malformed', 'cannot be understood'],
  ['engine_not_found', 'engine is not there'],
  ['engine_refused', 'does not accept'],
  ['invalid_image', 'image'],
  ['model_does_not_fit', 'memory'],
])('a stored failure (%s) has words of its own', (error_code, words) => {
  showAnswer(message(2, 1, { content: '', status: 'failed', error_code }));
  expect(screen.getByTestId('answer-failed')).toHaveTextContent(words);
});

test('names and figures of a failure are told as long as they are known', () => {
  const row = message(2, 1, { content: '', status: 'streaming' });
  const said = { code: 'model_does_not_fit', detail: '“big” needs 40 GiB', retryable: false };
  const chat = open(sessionState(2, [message(1, null), row]), { type: 'ai_error', message_id: 2, ...said });
  const failed = chat.getState().messages.get(2) ?? row;
  render(page(<MessageItem chat={chat} message={failed} isLast />));
  expect(screen.getByTestId('answer-failed')).toHaveTextContent('“big” needs 40 GiB');
});

test('marks of sources are links in the answer only, not in the thoughts before it', async () => {
  const citations = [{ n: 1, document: 3, chunk: 4, title: 'Floors', page: null, score: 0.5 }];
  showAnswer(message(2, 1, { content: '<think>See [1] and ```</think>Forty [1].', citations }));
  expect(screen.getByTestId('reasoning')).toHaveTextContent('See [1] and ```');
  expect(await screen.findByRole('link', { name: '[1]' })).toHaveAttribute('href', '#source-1');
});

test('a note on a rating goes with that rating, though the server has not confirmed it yet', async () => {
  const bodies: unknown[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    bodies.push(await request.json());
    return new Promise(() => undefined);
  });
  showAnswer(message(2, 1));
  await userEvent.click(screen.getByRole('button', { name: 'Good answer' }));
  await userEvent.type(await screen.findByRole('textbox', { name: 'Note on this answer' }), 'clear');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  expect(bodies).toEqual([
    { value: 1, note: '' },
    { value: 1, note: 'clear' },
  ]);
  vi.unstubAllGlobals();
});

test('a reader is told that the model did not get everything', () => {
  showAnswer(message(2, 1, { dropped_turns: 3 }));
  expect(screen.getByTestId('left-out')).toHaveTextContent('The 3 oldest turns were left out');
});

test('folded thoughts tell how long they took', () => {
  showAnswer(message(2, 1, { content: '<think>hm</think>Yes.', reasoning_ms: 12_400 }));
  expect(screen.getByTestId('reasoning')).toHaveTextContent('Thought for 12 seconds');
});

test('what is copied of an answer is its Markdown, without the thoughts', async () => {
  const write = vi.fn().mockResolvedValue(undefined);
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: write }, configurable: true });
  showAnswer(message(2, 1, { content: '<think>hm</think>**Yes.**' }));
  await userEvent.click(screen.getByRole('button', { name: 'Copy' }));
  expect(write).toHaveBeenCalledWith('**Yes.**');
});

test('another answer can be asked for with another temperature', async () => {
  showAnswer(message(2, 1));
  await userEvent.click(screen.getByRole('button', { name: 'Answer again with…' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'More careful (temperature 0.2)' }));
  expect(sent.at(-1)).toEqual({ type: 'regenerate', message_id: 2, temperature: 0.2 });
});

test('an answer can be edited; the new version goes beside the old one', async () => {
  showAnswer(message(2, 1, { content: 'Nearly right.' }));
  await userEvent.click(screen.getByRole('button', { name: 'More' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Edit the answer' }));
  await userEvent.type(screen.getByRole('textbox', { name: 'Edit the answer' }), ' Or so.{Enter}Yes.');
  await userEvent.click(screen.getByRole('button', { name: 'Save as a new version' }));
  expect(sent.at(-1)).toMatchObject({ type: 'edit', message_id: 2, message: 'Nearly right. Or so.\nYes.' });
});

test('versions are counted', () => {
  showAnswer(message(3, 1, { siblings: [2, 3, 4] }));
  const branch = within(screen.getByTestId('branch'));
  expect(branch.getByText('2/3')).toBeVisible();
  expect(branch.getByRole('button', { name: 'Next version' })).toBeEnabled();
});

test("the user's words are shown as written, and editing sends a new version", async () => {
  const row = message(1, null, { content: '**not bold** <b>\n  line' });
  const chat = open(sessionState(1, [row]));
  render(page(<MessageItem chat={chat} message={row} isLast />));
  expect(screen.getByTestId('message-text').textContent).toBe(row.content);
  await userEvent.click(screen.getByRole('button', { name: 'Edit' }));
  await userEvent.clear(screen.getByRole('textbox', { name: 'Edit your message' }));
  await userEvent.type(screen.getByRole('textbox', { name: 'Edit your message' }), 'better{Enter}');
  expect(sent.at(-1)).toMatchObject({ type: 'edit', message_id: 1, message: 'better' });
});

test('a message that was refused says why and can be sent again or discarded', async () => {
  const chat = open(sessionState(null, []));
  chat.send('hello', 'c1');
  hear({ type: 'error', code: 'too_many_requests', detail: 'x', retryable: true, client_id: 'c1' });
  const [pending] = chat.getState().pending;
  if (!pending) throw new Error('nothing is pending');
  render(page(<PendingItem chat={chat} pending={pending} />));
  expect(screen.getByTestId('pending-message')).toHaveTextContent('Not sent: Too many requests.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(sent.filter((frame) => frame.type === 'chat_message')).toHaveLength(2);
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
  expect(chat.getState().pending).toEqual([]);
});
