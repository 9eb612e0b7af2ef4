/**
 * Rows that this device keeps, so that what was read before can be read without a line. One store of IndexedDB, emptied when
 * nobody is signed in; nothing of temporary chats comes here. A browser without it keeps nothing, and all else works.
 */
import { ApiError } from './errors';

const NAME = 'maru-kept';
const STORE = 'rows';
const MAX_ROWS = 80;

interface Kept {
  key: string;
  at: number;
  value: unknown;
}

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.addEventListener('upgradeneeded', () =>
      request.result.createObjectStore(STORE, { keyPath: 'key' }).createIndex('at', 'at'),
    );
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
  return opened;
}

async function run<Result>(
  mode: IDBTransactionMode,
  work: (rows: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const transaction = (await database()).transaction(STORE, mode);
  const request = work(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve(request.result));
    transaction.addEventListener('abort', () => reject(transaction.error));
  });
}

const gone = new Set<string>();

/** Keeps a row under a key; of more than MAX_ROWS the oldest goes. Never rejects. */
export async function keep(key: string, value: unknown): Promise<void> {
  if (gone.has(key)) return;
  try {
    await run('readwrite', (rows) => rows.put({ key, at: Date.now(), value } satisfies Kept));
    const keys = await run('readonly', (rows) => rows.index('at').getAllKeys());
    for (const old of keys.slice(0, Math.max(0, keys.length - MAX_ROWS))) {
      // oxlint-disable-next-line no-await-in-loop -- rarely more than one
      await run('readwrite', (rows) => rows.delete(old));
    }
  } catch {
    // Full, forbidden, or not there: then it is not kept.
  }
}

export async function kept<Row>(key: string): Promise<Row | undefined> {
  try {
    const found = (await run('readonly', (rows) => rows.get(key))) as Kept | undefined;
    return found?.value as Row | undefined;
  } catch {
    return undefined;
  }
}

export const forgetOne = (key: string): void =>
  void run('readwrite', (rows) => rows.delete(key)).catch(() => undefined);
/** What was deleted: the page that still shows it does not keep it again as it goes. */
export function forgetGone(key: string): void {
  gone.add(key);
  forgetOne(key);
}
/** It was restored. */
export const isBack = (key: string): boolean => gone.delete(key);
export const forgetKept = (): void => void run('readwrite', (rows) => rows.clear()).catch(() => undefined);

/** What the server answers, kept for later; when it cannot be reached, what it answered last. Rejects as `call` does. */
export async function orKept<Row>(key: string, call: () => Promise<Row>): Promise<Row> {
  try {
    const row = await call();
    keep(key, row).catch(() => undefined);
    return row;
  } catch (error) {
    const row = error instanceof ApiError && error.code === 'offline' ? await kept<Row>(key) : undefined;
    if (row === undefined) throw error;
    return row;
  }
}

export const conversationKey = (sessionId: number) => `chat:${sessionId}`;
