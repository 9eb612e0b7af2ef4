import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect } from './connection';

/** The browser's socket, worked by hand. */
class Socket extends EventTarget {
  static made: Socket[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  binaryType = 'blob';
  sent: string[] = [];
  constructor() {
    super();
    Socket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  opened(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  closed(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '', wasClean: true }));
  }
}

beforeEach(() => {
  Socket.made = [];
  vi.stubGlobal('WebSocket', Socket);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function opened() {
  const line = connect('/ws/chat/7/', { onFrame: () => undefined, onLine: () => undefined });
  await vi.advanceTimersByTimeAsync(1);
  const [socket] = Socket.made;
  if (!socket) throw new Error('no socket was made');
  socket.opened();
  return { line, socket };
}

test('a line whose ping is not answered is made anew', async () => {
  const { line, socket } = await opened();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(socket.sent).toEqual(['{"type":"ping"}']);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(Socket.made).toHaveLength(2);
  line.close();
});

test.each([4401, 4403, 4404])('a line that was closed for good (%i) after a ping stays closed', async (code) => {
  const { line, socket } = await opened();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(socket.sent).toHaveLength(1);
  socket.closed(code);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Socket.made).toHaveLength(1);
  line.close();
});
