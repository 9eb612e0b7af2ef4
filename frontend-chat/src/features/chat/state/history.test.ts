import { afterEach, expect, test, vi } from 'vitest';
import { sessions } from '@/shared/api/endpoints';
import type { Message } from '@/shared/api/types';
import { message, session } from '@/test/rows';
import { History } from './history';
import { emptyChat } from './reducer';
import { activePath } from './tree';

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

/** A conversation of which the server gives pages of `rows` messages, the newest first. */
function serve(branch: readonly Message[], rows: number): void {
  vi.spyOn(sessions, 'messages').mockImplementation(async (_id, next) => {
    const end = next === null ? branch.length : Number(next);
    const from = Math.max(0, end - rows);
    return { next: from === 0 ? null : String(from), results: branch.slice(from, end) };
  });
}

function opened(leaf: number, known: readonly Message[]) {
  const state = { ...emptyChat, session: session({ active_leaf: leaf }), messages: byId(known) };
  const history = new History(
    7,
    () => state,
    (rows) => {
      for (const row of rows) state.messages.set(row.id, row);
    },
  );
  const shown = () => activePath(state.messages, state.session.active_leaf).messages.map(({ id }) => id);
  return { state, history, shown };
}

const byId = (rows: readonly Message[]) => new Map(rows.map((row) => [row.id, row]));
const chain = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => message(from + n, from + n === 1 ? null : from + n - 1));

test('what another device wrote while the line was down is loaded, though the beginning is there already', async () => {
  serve(chain(1, 4), 2);
  const { state, history, shown } = opened(4, chain(3, 4));
  await history.loadEarlier();
  await history.loadEarlier();
  expect(shown()).toEqual([1, 2, 3, 4]);
  // The line is back: the last page of what are ten messages now.
  serve(chain(1, 10), 2);
  for (const row of chain(9, 10)) state.messages.set(row.id, row);
  state.session.active_leaf = 10;
  expect(shown()).toEqual([9, 10]);
  for (let n = 0; n < 5 && shown()[0] !== 1; n++) await history.loadEarlier();
  expect(shown()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('who looks for a message in what came while the line was down finds it, though the beginning was there before', async () => {
  serve(chain(1, 4), 2);
  const { state, history } = opened(4, chain(3, 4));
  await history.reach(1);
  serve(chain(1, 10), 2);
  for (const row of chain(9, 10)) state.messages.set(row.id, row);
  state.session.active_leaf = 10;
  expect(await history.reach(6)).toBe(true);
  expect(await history.reach(99)).toBe(false);
});

test('who changes the branch while a page is on its way gets the other branch', async () => {
  const other = [message(1, null), message(8, 1), message(9, 8)];
  const answers: (() => void)[] = [];
  let branch = chain(1, 4);
  vi.spyOn(sessions, 'messages').mockImplementation(async () => {
    const page = { next: null, results: branch };
    await new Promise<void>((resolve) => void answers.push(resolve));
    return page;
  });
  const { state, history, shown } = opened(4, chain(3, 4));
  const scrolled = history.loadEarlier();
  branch = other;
  state.session.active_leaf = 9;
  history.restart();
  const changed = history.loadEarlier();
  answers.shift()?.();
  await vi.waitFor(() => expect(answers).toHaveLength(1), 10_000);
  answers.shift()?.();
  await Promise.all([scrolled, changed]);
  expect(shown()).toEqual([1, 8, 9]);
});
