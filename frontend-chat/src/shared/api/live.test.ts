/** A change that an event tells outlives the answers that were on their way, in whatever order the two come. */
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { askAgain, changeHeld } from './live';

const KEY = ['rows'];

/** A query under KEY whose answers come when they are let go, each with the rows it is given. */
function watched() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const asked: ((rows: string[]) => void)[] = [];
  const queryFn = () => new Promise<string[]>((resolve) => asked.push(resolve));
  const stop = new QueryObserver(queries, { queryKey: KEY, queryFn }).subscribe(() => undefined);
  const held = () => queries.getQueryData<string[]>(KEY);
  return { queries, asked, held, stop };
}

const away = () => Promise.reject(new Error('away'));
const soon = () => new Promise((done) => setTimeout(done));

test('a row told before the first answer comes is in it', async () => {
  const { queries, asked, held, stop } = watched();
  changeHeld<string[]>(queries, KEY, (rows) => [...rows, 'told']);
  asked[0]?.(['old']);
  await soon();
  expect(held()).toEqual(['old', 'told']);
  stop();
});

test('an answer read before the change does not take it back', async () => {
  const { queries, asked, held, stop } = watched();
  asked[0]?.(['old']);
  await soon();
  void askAgain(queries, KEY);
  await soon();
  changeHeld<string[]>(queries, KEY, (rows) => [...rows, 'told']);
  expect(held()).toEqual(['old', 'told']);
  asked[1]?.(['old']);
  await soon();
  expect(held()).toEqual(['old', 'told']);
  stop();
});

test('what is asked again while the first answer is on its way is asked after it', async () => {
  const { queries, asked, held, stop } = watched();
  const done = askAgain(queries, KEY);
  await soon();
  expect(asked).toHaveLength(1);
  asked[0]?.(['before']);
  await soon();
  expect(asked).toHaveLength(2);
  asked[1]?.(['before', 'after']);
  await done;
  expect(held()).toEqual(['before', 'after']);
  stop();
});

test('a query that failed is left as it is', async () => {
  const queries = new QueryClient();
  await queries.fetchQuery({ queryKey: KEY, queryFn: away, retry: false }).catch(() => undefined);
  changeHeld<string[]>(queries, KEY, (rows) => [...rows, 'told']);
  await askAgain(queries, KEY);
  expect(queries.getQueryData(KEY)).toBeUndefined();
});
