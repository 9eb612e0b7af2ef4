/**
 * What events tell beside what is fetched. An answer on its way may have been read before the event's change: it would take
 * the change back, and a query without data yet cannot be asked again before its first answer.
 */
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

/** Changes what the queries under `under` hold, now, and once more when an answer that is on its way has come. */
export function changeHeld<Data>(
  queries: QueryClient,
  under: QueryKey,
  change: (held: Data, key: QueryKey) => Data,
): void {
  for (const query of queries.getQueryCache().findAll({ queryKey: under })) {
    const apply = () =>
      queries.setQueryData<Data>(query.queryKey, (held) =>
        held === undefined ? undefined : change(held, query.queryKey),
      );
    apply();
    onItsWay(query)?.then(apply);
  }
}

/** Asks again, after the answers that are on their way: for what may have changed without an event. Never rejects. */
export async function askAgain(queries: QueryClient, ...under: QueryKey[]): Promise<void> {
  const cache = queries.getQueryCache();
  await Promise.all(under.flatMap((queryKey) => cache.findAll({ queryKey }).map(onItsWay)));
  await Promise.allSettled(under.map((queryKey) => queries.invalidateQueries({ queryKey })));
}

function onItsWay(query: Query): Promise<unknown> | undefined {
  if (query.state.fetchStatus !== 'fetching') return undefined;
  return query.fetch(undefined, { cancelRefetch: false }).catch(() => undefined); // joins the one that runs
}
