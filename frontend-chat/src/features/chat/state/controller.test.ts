import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { messages, sessions } from '@/shared/api/endpoints';
import type { Connect, ConnectionListener } from '@/shared/socket/connection';
import type { ClientFrame } from '@/shared/socket/frames';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { chunk, message, session, sessionState } from '@/test/rows';
import { ChatController } from './controller';

/** The other end of the line, worked by hand. */
class Line {
  sent: ClientFrame[] = [];
  isOpen = true;
  private listener: ConnectionListener | null = null;
  private painted: (() => void)[] = [];

  connect: Connect = (_path, listener) => {
    this.listener = listener;
    return {
      send: (frame) => {
        if (this.isOpen) this.sent.push(frame);
        return this.isOpen;
      },
      close: () => undefined,
      reconnect: () => undefined,
    };
  };

  schedule = (flush: () => void) => void this.painted.push(flush);

  hear(...frames: ServerFrame[]): void {
    for (const frame of frames) this.listener?.onFrame(frame);
    this.paint();
  }

  hearWithoutPaint(...frames: ServerFrame[]): void {
    for (const frame of frames) this.listener?.onFrame(frame);
  }

  paint(): void {
    for (const flush of this.painted.splice(0)) flush();
  }

  cut(): void {
    this.isOpen = false;
    this.listener?.onLine('lost', 1006);
  }

  mend(): void {
    this.isOpen = true;
    this.listener?.onLine('open');
  }

  ofType<Type extends ClientFrame['type']>(type: Type) {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type);
  }
}

let line: Line;
let chat: ChatController;
let now = 0;

beforeEach(() => {
  vi.useFakeTimers();
  now = 1_000;
  line = new Line();
  chat = new ChatController(7, { connect: line.connect, schedule: line.schedule, now: () => now });
});

afterEach(() => {
  chat.close();
  vi.useRealTimers();
});

const running = sessionState(
  2,
  [message(1, null), message(2, 1, { content: '', status: 'streaming' })],
  [{ message_id: 2, text: '', status: 'streaming' }],
);

test('it works: a message is shown at once, sent, and confirmed', () => {
  line.hear(sessionState(null, []));
  chat.send('hello', 'c1');
  expect(chat.getState().pending).toHaveLength(1);
  expect(line.sent).toEqual([{ type: 'chat_message', client_id: 'c1', message: 'hello' }]);
  line.hear({ type: 'message_created', message: message(1, null), reply: message(2, 1), client_id: 'c1' });
  expect(chat.getState().pending).toEqual([]);
});

test('nothing is sent before the first session_state', () => {
  chat.send('early', 'c1');
  expect(line.sent).toEqual([]);
  line.hear(sessionState(null, []));
  expect(line.ofType('chat_message')).toHaveLength(1);
});

test('an unconfirmed message is sent again after a cut, under the same id and place', () => {
  line.hear(sessionState(4, [message(3, null), message(4, 3)]));
  chat.send('again', 'c1');
  line.cut();
  line.mend();
  line.hear(sessionState(4, [message(3, null), message(4, 3)]));
  const [first, second] = line.ofType('chat_message');
  expect(first).toEqual({ type: 'chat_message', client_id: 'c1', message: 'again', parent_id: 4 });
  expect(second).toEqual(first);
});

test('a confirmed message is not sent again, nor twice on one line', () => {
  line.hear(sessionState(null, []));
  chat.send('once', 'c1');
  line.hear(sessionState(null, []));
  expect(line.ofType('chat_message')).toHaveLength(1);
  line.cut();
  line.mend();
  line.hear(sessionState(1, [message(1, null, { client_id: 'c1' })]));
  expect(line.ofType('chat_message')).toHaveLength(1);
});

test('what is not confirmed survives a reload of the tab', () => {
  line.hear(sessionState(null, []));
  chat.send('kept', 'c1');
  const next = new Line();
  const reloaded = new ChatController(7, { connect: next.connect, schedule: next.schedule });
  next.hear(sessionState(null, []));
  expect(next.ofType('chat_message')).toEqual([{ type: 'chat_message', client_id: 'c1', message: 'kept' }]);
  reloaded.close();
});

test('many frames before a paint are one change', () => {
  line.hear(running);
  const changes = vi.fn();
  chat.subscribe(changes);
  line.hearWithoutPaint(chunk(2, 0, 'a'), chunk(2, 1, 'b'), chunk(2, 2, 'c'));
  expect(changes).not.toHaveBeenCalled();
  line.paint();
  expect(changes).toHaveBeenCalledTimes(1);
  expect(chat.getState().live.get(2)?.text).toBe('abc');
});

test('a hidden tab, which is never painted, applies frames at once', () => {
  line.hear(running);
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  line.hearWithoutPaint(chunk(2, 0, 'abc'));
  expect(chat.getState().live.get(2)?.text).toBe('abc');
  vi.restoreAllMocks();
});

test('what is shown is acknowledged: after 250 ms, and at once after 4,096 code points', () => {
  line.hear(running, chunk(2, 0, 'a'));
  expect(line.ofType('ack')).toEqual([{ type: 'ack', message_id: 2, offset: 1 }]);
  now += 10;
  line.hear(chunk(2, 1, 'b'));
  expect(line.ofType('ack')).toHaveLength(1);
  vi.advanceTimersByTime(250);
  expect(line.ofType('ack').at(-1)?.offset).toBe(2);
  line.hear(chunk(2, 2, '마'.repeat(4_096)));
  expect(line.ofType('ack').at(-1)?.offset).toBe(4_098);
});

test('a whole text is acknowledged each time it comes: no longer than before, or of an answer that has ended', () => {
  line.hear(running, chunk(2, 0, 'abc'));
  line.hear({ type: 'ai_snapshot', message_id: 2, text: 'abc', status: 'streaming' });
  expect(line.ofType('ack').map(({ offset }) => offset)).toEqual([3, 3]);
  line.hear({ type: 'ai_snapshot', message_id: 2, text: 'abc 🏡', status: 'complete' });
  expect(line.ofType('ack').at(-1)).toEqual({ type: 'ack', message_id: 2, offset: 5 });
});

test('a gap asks for the whole text once, and again when no answer comes', () => {
  line.hear(running, chunk(2, 5, 'x'));
  line.hear(chunk(2, 6, 'y'));
  expect(line.ofType('resync')).toEqual([{ type: 'resync', message_id: 2 }]);
  now += 2_000;
  line.hear(chunk(2, 7, 'z'));
  expect(line.ofType('resync')).toHaveLength(2);
});

test('a message over the limit of a frame is refused here, not sent', () => {
  line.hear(sessionState(null, []));
  chat.send('마'.repeat(100_000), 'c1');
  expect(line.sent).toEqual([]);
  expect(chat.getState().pending[0]?.failure?.code).toBe('too_large');
});

test('half a surrogate pair does not leave this machine', () => {
  line.hear(sessionState(null, []));
  chat.send('a\ud83c', 'c1');
  expect(line.ofType('chat_message')[0]?.message).toBe('a\ufffd');
});

test('an edit names the message it replaces', () => {
  line.hear(sessionState(2, [message(1, null), message(2, 1)]));
  chat.edit(message(1, null), 'better');
  expect(line.ofType('edit')[0]).toMatchObject({ message_id: 1, message: 'better' });
  expect(chat.getState().pending[0]).toMatchObject({ editOf: 1, parentId: null });
});

test('what was refused and is tried again comes behind what was sent meanwhile', () => {
  line.hear(sessionState(2, [message(1, null), message(2, 1)]));
  chat.send('first', 'c1');
  line.hear({ type: 'error', code: 'queue_full', detail: '', retryable: true, client_id: 'c1' });
  chat.send('second', 'c2');
  const second = message(3, 2, { role: 'user', client_id: 'c2' });
  line.hear({ type: 'message_created', message: second, reply: message(4, 3), client_id: 'c2' });
  chat.retry('c1');
  expect(line.ofType('chat_message').at(-1)).toMatchObject({ client_id: 'c1', parent_id: 4 });
});

test('what is tried again without a line goes out behind what was sent meanwhile, not beside it', () => {
  line.hear(sessionState(2, [message(1, null), message(2, 1)]));
  chat.send('first', 'c1');
  line.hear({ type: 'error', code: 'queue_full', detail: '', retryable: true, client_id: 'c1' });
  line.cut();
  chat.send('second', 'c2');
  chat.retry('c1');
  line.mend();
  line.hear(sessionState(2, [message(1, null), message(2, 1)]));
  const [second, first] = line.ofType('chat_message').slice(-2);
  expect(second).toMatchObject({ client_id: 'c2', parent_id: 2 });
  expect(first).toMatchObject({ client_id: 'c1' });
  expect(first?.parent_id).toBeUndefined(); // the server puts it behind the other one
  expect(chat.getState().pending.map(({ clientId }) => clientId)).toEqual(['c2', 'c1']);
});

test('a line that is lost before the paint stays lost', () => {
  line.hearWithoutPaint(sessionState(null, []));
  line.cut();
  line.paint();
  expect(chat.getState().line).toBe('lost');
});

test('an unread answer on another branch is read when that branch is shown', async () => {
  const unread = session({ active_leaf: 2, is_unread: true });
  line.hear({ ...sessionState(2, [message(1, null), message(2, 1)]), session: unread } as ServerFrame);
  vi.spyOn(sessions, 'update').mockResolvedValue({ ...unread, active_leaf: 3 });
  vi.spyOn(sessions, 'messages').mockResolvedValue({ next: null, results: [message(1, null), message(3, 1)] });
  await chat.showBranch(3);
  await vi.waitFor(() => expect(line.ofType('read').map(({ message_id }) => message_id)).toEqual([2, 3]));
  vi.restoreAllMocks();
});

test('an unread answer beside the one on the branch is read when it has come', async () => {
  const unread = session({ active_leaf: 2, is_unread: true });
  line.hear({ ...sessionState(2, [message(1, null), message(2, 1)]), session: unread } as ServerFrame);
  vi.spyOn(messages, 'detail').mockResolvedValue({ ...message(3, 1), metadata: null });
  await chat.fetchRow(3);
  expect(line.ofType('read').at(-1)).toEqual({ type: 'read', message_id: 3 });
  vi.restoreAllMocks();
});

test('of an answer that ended unheard the whole row is asked for: a snapshot has its text only', async () => {
  const row = message(2, 1, { finish_reason: 'length', model: 'starter' });
  const detail = vi.spyOn(messages, 'detail').mockResolvedValue({ ...row, metadata: null });
  line.hear(running, { type: 'ai_snapshot', message_id: 2, text: 'text 2', status: 'complete' });
  expect(detail).toHaveBeenCalledWith(2);
  await vi.waitFor(() => expect(chat.getState().messages.get(2)).toEqual(row));
  vi.restoreAllMocks();
});

test('a word that was lost with its line is told again: the server says that the answer is unread', () => {
  line.hear(running, { type: 'ai_complete', message: message(2, 1) });
  line.cut();
  line.mend();
  const unread = session({ active_leaf: 2, is_unread: true });
  line.hear({ ...sessionState(2, [message(1, null), message(2, 1)]), session: unread } as ServerFrame);
  expect(line.ofType('read').map(({ message_id }) => message_id)).toEqual([2, 2]);
});

test('the key stops what the button stops: the answer that is shown, and none of another branch', () => {
  const other = message(3, 1, { content: '', status: 'streaming' });
  line.hear(running, { type: 'message_updated', message: other });
  chat.stopRunning();
  expect(line.ofType('stop').map(({ message_id }) => message_id)).toEqual([2]);
});
