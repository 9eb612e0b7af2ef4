/**
 * Brings a file of conversations in, part by part. A part comes in whole or not at all; after a failure the next try goes on
 * with the part that failed, under the same key: if only the answer was lost, it is not there twice.
 */
import { useRef, useState } from 'react';
import { sessions } from '@/shared/api/endpoints';
import { ApiError } from '@/shared/api/errors';
import { newClientId } from '@/shared/socket/clientId';
import { partsOf, TooLarge, Unreadable } from './importParts';

const MAX_WAITS = 20;

export type Problem = 'unreadable' | { tooLarge: number } | { error: ApiError; before: number };

export type Import =
  | { state: 'none' }
  | { state: 'working'; count: number; share: number }
  | { state: 'done'; count: number }
  /** `count` conversations are in. */
  | { state: 'failed'; count: number; problem: Problem };

export function useImport(onImported: () => void): {
  now: Import;
  start: (file: File) => Promise<void>;
  /** After a failure. */
  goOn: () => Promise<void>;
} {
  const [now, show] = useState<Import>({ state: 'none' });
  const at = useRef<{ file: File; key: string; nParts: number; count: number; share: number } | null>(null);

  const goOn = async () => {
    const job = at.current;
    if (job === null) return;
    show({ state: 'working', count: job.count, share: job.share });
    let [n, before] = [0, 0];
    try {
      for await (const part of partsOf(job.file)) {
        n += 1;
        before = part.before;
        if (n <= job.nParts) continue;
        job.count += (await patiently(() => sessions.import(part.text, `${job.key}.${n}`))).sessions.length;
        [job.nParts, job.share] = [n, part.share];
        show({ state: 'working', count: job.count, share: job.share });
        onImported();
      }
      show({ state: 'done', count: job.count });
    } catch (error) {
      show({ state: 'failed', count: job.count, problem: problemOf(error, before) });
    }
  };
  const start = (file: File) => {
    at.current = { file, key: newClientId(), nParts: 0, count: 0, share: 0 };
    return goOn();
  };
  return { now, start, goOn };
}

function problemOf(error: unknown, before: number): Problem {
  if (error instanceof ApiError) return { error, before };
  if (error instanceof TooLarge) return { tooLarge: error.n };
  if (error instanceof Unreadable) return 'unreadable';
  throw error;
}

/** The server lets so many in a minute: what it says, is waited. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n += 1) {
    try {
      return await work();
    } catch (error) {
      const wait = error instanceof ApiError && error.status === 429 ? error.retryAfterS : undefined;
      if (wait === undefined || n >= MAX_WAITS) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1_000));
    }
  }
}
