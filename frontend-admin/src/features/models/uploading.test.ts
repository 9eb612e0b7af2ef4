import { afterEach, expect, it, vi } from 'vitest';
import type { Arriving } from '@/shared/api/models';
import { upload } from './uploading';

afterEach(() => vi.unstubAllGlobals());

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

it('goes on when the server has a piece whose answer was lost', async () => {
  const stored = serveFile(10);
  const begun = { id: 'a', received_bytes: 0 } as Arriving;
  const [isStopped, onProgress] = [() => false, () => undefined];
  const file = new File(['0123456789'], 'talks.gguf');
  expect(await upload({ file, begun, pieceBytes: 4, isStopped, onProgress })).toBe('talks');
  expect(stored).toEqual({ stored: 10, nLost: 1 });
});
