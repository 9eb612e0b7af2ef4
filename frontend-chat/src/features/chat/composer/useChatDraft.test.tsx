import { act, renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { ConnectionListener } from '@/shared/socket/connection';
import type { ClientFrame } from '@/shared/socket/frames';
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
  const drafts = () => sent.filter((frame) => frame.type === 'draft');
  return { chat, hear, cut, drafts };
}

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
