import { afterEach, expect, test, vi } from 'vitest';
import { sessions } from '@/shared/api/endpoints';
import { message } from '@/test/rows';
import { History } from './history';
import { emptyChat } from './reducer';

afterEach(() => vi.restoreAllMocks());

test('who looks for a message while a page is on its way waits for that page, and asks for none twice', async () => {
  const answers: ((page: Awaited<ReturnType<typeof sessions.messages>>) => void)[] = [];
  const fetched = vi
    .spyOn(sessions, 'messages')
    .mockImplementation(() => new Promise((resolve) => void answers.push(resolve)));
  const state = { ...emptyChat, messages: new Map() };
  const history = new History(
    1,
    () => state,
    (rows) => {
      for (const row of rows) state.messages.set(row.id, row);
    },
  );
  const scrolled = history.loadEarlier();
  const found = history.reach(99);
  await new Promise((resolve) => setTimeout(resolve)); // a page that span would never come to this
  expect(fetched).toHaveBeenCalledTimes(1);
  answers[0]?.({ next: null, results: [message(1, null)] });
  await scrolled;
  expect(await found).toBe(false);
});
