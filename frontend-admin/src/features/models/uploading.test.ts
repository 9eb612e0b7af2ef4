import { afterEach, expect, it, vi } from 'vitest';
import { HttpError } from 'react-admin';
import type { Arriving } from '@/shared/api/models';
import { upload } from './uploading';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Takes a piece where the file goes on, and nowhere else; the answer to the second one is lost on its way. */
function serveFile(size: number) {
  const file = { stored: 0, nLost: 0 };
  vi.stubGlobal('fetch', async (address: string, { method, body }: RequestInit) => {
    if (method !== 'PUT') return Response.json({ id: 'a', received_bytes: file.stored });
    if (Number(new URL(address).searchParams.get('offset')) !== file.stored) {
      const detail = `The file goes on at byte ${file.stored}.`;
      return Response.json({ code: 'piece_misplaced', detail, retryable: true }, { status: 409 });
    }
    file.stored += (body as Blob).size;
    if (file.stored === size) return Response.json({ name: 'talks' });
    if (file.stored > 4 && file.nLost === 0) {
      file.nLost = 1;
      throw new TypeError('Failed to fetch');
    }
    return Response.json({ id: 'a', received_bytes: file.stored });
  });
  return file;
}

const isStopped = () => false;
const onProgress = () => undefined;
const file = new File(['0123456789'], 'talks.gguf');

/** Has the last piece, and checks it (`conflict`) as often as told; the answer to it is lost. */
function serveEnd(nChecking: number, isKnown = true) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (address: string, { method, body }: RequestInit) => {
    const offset = new URL(address).searchParams.get('offset');
    asked.push(method === 'PUT' ? `${offset}+${(body as Blob).size}` : String(method));
    if (asked.length === 1) throw new TypeError('Failed to fetch');
    const isChecking = asked.length < 2 + 2 * nChecking;
    if (method !== 'PUT') {
      return isChecking ? Response.json({ id: 'a', received_bytes: 10 }) : Response.json({}, { status: 404 });
    }
    if (isChecking) return Response.json({ code: 'conflict', detail: '' }, { status: 409 });
    return isKnown ? Response.json({ name: 'talks' }, { status: 201 }) : Response.json({}, { status: 404 });
  });
  return asked;
}

it('hears what became of a file whose last piece came and whose answer was lost', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const asked = serveEnd(1);
  const done = upload({
    file,
    begun: { id: 'a', received_bytes: 6 } as Arriving,
    pieceBytes: 4,
    isStopped,
    onProgress,
  });
  await vi.runAllTimersAsync();
  expect(await done).toBe('talks');
  expect(asked).toEqual(['6+4', 'GET', '9+1', 'GET', '9+1']);
});

it('says so when the file was given up meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  serveEnd(0, false);
  const begun = { id: 'a', received_bytes: 6 } as Arriving;
  const refused = expect(upload({ file, begun, pieceBytes: 4, isStopped, onProgress })).rejects.toThrow(HttpError);
  await vi.runAllTimersAsync();
  await refused;
});

it('goes on when the server has a piece whose answer was lost', async () => {
  const stored = serveFile(10);
  const begun = { id: 'a', received_bytes: 0 } as Arriving;
  expect(await upload({ file, begun, pieceBytes: 4, isStopped, onProgress })).toBe('talks');
  expect(stored).toEqual({ stored: 10, nLost: 1 });
});
