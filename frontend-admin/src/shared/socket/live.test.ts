import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WATCH, watchFigures } from './live';

class Socket extends EventTarget {
  static made: Socket[] = [];
  static OPEN = 1;
  readyState = 0;
  sent: string[] = [];
  constructor() {
    super();
    Socket.made.push(this);
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code: 1000 }));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.made = [];
  vi.stubGlobal('WebSocket', Socket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const show = (state: DocumentVisibilityState) => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
};

it('asks for nothing while nobody looks, and again when somebody does', () => {
  const end = watchFigures({});
  Socket.made[0]?.open();
  show('hidden');
  vi.advanceTimersByTime(300_000); // the server has long stopped to send
  expect(Socket.made.map(({ sent }) => sent)).toEqual([[WATCH]]);
  show('visible');
  expect(Socket.made[0]?.sent).toEqual([WATCH, WATCH]);
  end();
});

it('takes a line that is silent before somebody’s eyes for dead', () => {
  const end = watchFigures({});
  Socket.made[0]?.open();
  vi.advanceTimersByTime(10_000);
  expect(Socket.made).toHaveLength(2);
  end();
});
