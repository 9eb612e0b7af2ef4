import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectionListener } from '@/shared/socket/connection';
import type { ClientFrame } from '@/shared/socket/frames';
import { sessionKept } from '@/shared/storage';
import { sessionState } from '@/test/rows';
import { ChatController } from '../state/controller';
import { useChatDraft } from './useChatDraft';

function open() {
  const sent: ClientFrame[] = [];
  let listener: ConnectionListener | null = null;
  const line = { isOpen: true };
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return {
        send: (frame) => line.isOpen && sent.push(frame) > 0,
        close: () => undefined,
        reconnect: () => undefined,
      };
    },
    schedule: (flush) => flush(),
  });
  const hear = (draft: string) => act(() => listener?.onFrame({ ...sessionState(null, []), draft } as never));
  const cut = () => {
    line.isOpen = false;
    act(() => listener?.onLine('lost', 1006));
  };
  const mend = () => {
    line.isOpen = true;
    act(() => listener?.onLine('open'));
  };
  const drafts = () => sent.filter((frame) => frame.type === 'draft');
  return { chat, hear, cut, mend, drafts };
}

afterEach(() => {
  vi.useRealTimers();
  sessionKept.clear();
});

test('what was sent without a line is no draft any more, also after a reload', () => {
  const before = open();
  before.hear('half a thought');
  const page = renderHook(() => useChatDraft(before.chat));
  expect(page.result.current[0]).toBe('half a thought');
  before.cut();
  act(() => page.result.current[1]('')); // as the composer does when it sends
  page.unmount();
  const after = open();
  const reloaded = renderHook(() => useChatDraft(after.chat));
  after.hear('half a thought');
  expect(reloaded.result.current[0]).toBe('');
  expect(after.drafts()).toEqual([{ type: 'draft', text: '' }]);
});

test.each([
  ['in bytes', '마'.repeat(100_000)],
  ['in bytes, as it is written on the line', '\n'.repeat(140_000)],
  ['in characters', 'a'.repeat(200_001)],
])('what no frame takes %s stays here, and is saved once it is shorter', (_, pasted) => {
  vi.useFakeTimers();
  const { chat, hear, cut, mend, drafts } = open();
  hear('');
  const page = renderHook(() => useChatDraft(chat));
  act(() => page.result.current[1](pasted));
  act(() => void vi.advanceTimersByTime(1_000));
  cut();
  mend();
  hear('');
  expect(drafts().length).toBe(0);
  expect(page.result.current[0] === pasted).toBe(true);
  act(() => page.result.current[1]('shorter'));
  act(() => void vi.advanceTimersByTime(1_000));
  expect(drafts()).toEqual([{ type: 'draft', text: 'shorter' }]);
});

const DEAD_MS = 12_000; // until the heartbeat finds it

function write(text: string) {
  const opened = open();
  opened.hear('before');
  const page = renderHook(() => useChatDraft(opened.chat));
  act(() => page.result.current[1](text));
  act(() => void vi.advanceTimersByTime(1_000));
  expect(opened.drafts()).toEqual([{ type: 'draft', text }]);
  return { ...opened, shown: () => page.result.current[0] };
}
function reopen({ cut, mend, hear }: ReturnType<typeof open>, told: string) {
  cut();
  mend();
  hear(told);
}

describe('what was told on a line that was dead already', () => {
  beforeEach(() => vi.useFakeTimers());

  test.each([
    ['words stay, and are told again', 'before, and more'],
    ['of a message that was sent nothing comes back', ''],
  ])('%s', (_, text) => {
    const page = write(text);
    vi.advanceTimersByTime(DEAD_MS);
    reopen(page, 'before');
    expect(page.shown()).toBe(text);
    expect(page.drafts()).toEqual([
      { type: 'draft', text },
      { type: 'draft', text },
    ]);
    reopen(page, text);
    expect(page.drafts().length).toBe(2);
  });

  test('what another device has written meanwhile counts', () => {
    const page = write('before, and more');
    reopen(page, 'from the other device');
    expect(page.shown()).toBe('from the other device');
    expect(page.drafts().length).toBe(1);
  });

  test('a line that lived long after has taken it: the server is right', () => {
    const page = write('before, and more');
    vi.advanceTimersByTime(60_000);
    reopen(page, 'before');
    expect(page.shown()).toBe('before');
    expect(page.drafts().length).toBe(1);
  });

  test('on a line that lives, another device may take it back at once', () => {
    const page = write('before, and more');
    page.hear('before');
    expect(page.shown()).toBe('before');
  });
});
