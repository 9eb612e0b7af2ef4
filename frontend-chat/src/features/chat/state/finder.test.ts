import { afterEach, expect, test, vi } from 'vitest';
import { sessions } from '@/shared/api/endpoints';
import { message, session, sessionState } from '@/test/rows';
import type { Message } from '@/shared/api/types';
import { ChatController } from './controller';

let chat: ChatController;

function open(leaf: number, rows: Message[]): void {
  chat = new ChatController(7, {
    connect: (_path, { onFrame }) => {
      queueMicrotask(() => onFrame(sessionState(leaf, rows)));
      return { send: () => true, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (flush) => flush(),
  });
}

afterEach(() => {
  chat.close();
  vi.restoreAllMocks();
});

function later<Value>() {
  const ends: { resolve: (value: Value) => void; reject: (error: Error) => void }[] = [];
  const promise = new Promise<Value>((resolve, reject) => ends.push({ resolve, reject }));
  return {
    promise,
    resolve: (value: Value) => ends[0]?.resolve(value),
    reject: (error: Error) => ends[0]?.reject(error),
  };
}

const branches = [message(1, null), message(2, 1), message(3, 2, { role: 'user' }), message(4, 1)];

test('who asks for another message while a branch is switched comes to the last that was asked for', async () => {
  open(3, branches.slice(0, 3));
  const switched = later<void>();
  const update = vi.spyOn(sessions, 'update').mockImplementation(async (_id, { active_leaf = null }) => {
    if (active_leaf === 4) await switched.promise;
    return session({ active_leaf: active_leaf === 2 ? 3 : active_leaf }); // the newest leaf below it
  });
  vi.spyOn(sessions, 'messages').mockImplementation(async () => ({ next: null, results: branches }));
  const first = chat.goTo(4);
  await vi.waitFor(() => expect(update).toHaveBeenCalledTimes(1));
  const second = chat.goTo(2);
  switched.resolve();
  await Promise.all([first, second]);
  expect(update.mock.calls.map(([, { active_leaf }]) => active_leaf)).toEqual([4, 2]);
  expect(chat.getState().session?.active_leaf).toBe(3);
  expect(chat.getState().goal).toBe(2);
});

test('a message whose pages come late does not take the view from one that was asked for since', async () => {
  open(2, [message(2, 1)]);
  const page = later<Awaited<ReturnType<typeof sessions.messages>>>();
  vi.spyOn(sessions, 'messages').mockReturnValue(page.promise);
  const first = chat.goTo(1);
  await vi.waitFor(() => expect(sessions.messages).toHaveBeenCalled());
  await chat.goTo(2);
  expect(chat.getState().goal).toBe(2);
  page.resolve({ next: null, results: branches.slice(0, 2) });
  await first;
  expect(chat.getState().goal).toBe(2);
});

test('a way that fails is told, unless another message was asked for since', async () => {
  open(2, branches.slice(0, 2));
  const answers = [later<never>(), later<never>()] as const;
  vi.spyOn(sessions, 'messages').mockResolvedValue({ next: null, results: branches.slice(0, 2) });
  const update = vi.spyOn(sessions, 'update');
  for (const { promise } of answers) update.mockReturnValueOnce(promise);
  const first = chat.goTo(4);
  await vi.waitFor(() => expect(update).toHaveBeenCalledTimes(1));
  const second = chat.goTo(2);
  answers[0].reject(new Error('first'));
  await expect(first).resolves.toBeUndefined();
  await second;
  expect(chat.getState().goal).toBe(2);
  const third = chat.goTo(4);
  await vi.waitFor(() => expect(update).toHaveBeenCalledTimes(2));
  answers[1].reject(new Error('third'));
  await expect(third).rejects.toThrow('third');
});
