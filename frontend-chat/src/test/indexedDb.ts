/** As much of IndexedDB as `shared/api/kept.ts` asks for, in memory: jsdom has none. */
import { vi } from 'vitest';

const answer = <Result>(result: Result) => ({ result });
const soon = (target: EventTarget, name: string) => queueMicrotask(() => target.dispatchEvent(new Event(name)));

export function fakeIndexedDb(): Map<string, unknown> {
  const rows = new Map<string, unknown>();
  const store = {
    put: (row: { key: string }) => answer(rows.set(row.key, row)),
    get: (key: string) => answer(rows.get(key)),
    delete: (key: string) => answer(rows.delete(key)),
    clear: () => answer(rows.clear()),
    index: () => ({ getAllKeys: () => answer([...rows.keys()]) }),
  };
  const transaction = () => {
    const made = Object.assign(new EventTarget(), { objectStore: () => store });
    soon(made, 'complete');
    return made;
  };
  const open = () => {
    const request = Object.assign(new EventTarget(), answer({ transaction }));
    soon(request, 'success');
    return request;
  };
  vi.stubGlobal('indexedDB', { open });
  return rows;
}
