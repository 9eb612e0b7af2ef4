/** Sends a file in pieces, from where the server has it: after a cut, or in a new tab, it goes on. */
import { HttpError } from 'react-admin';
import { modelFiles, type Arriving } from '@/shared/api/models';

const RETRIES = 5;
const PAUSE_MS = 1000;

export interface Upload {
  file: File;
  begun: Arriving | undefined;
  pieceBytes: number;
  isStopped: () => boolean;
  onProgress: (id: string, n: number) => void;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of a file that has arrived the server knows no place any more: the last piece, sent again, is told what became of it. */
async function goesOnAt(id: string, offset: number): Promise<number> {
  try {
    return (await modelFiles.one(id)).received_bytes;
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return offset;
    throw error;
  }
}

/** The model's name. Raises HttpError; null when it was stopped. */
export async function upload({ file, begun, pieceBytes, isStopped, onProgress }: Upload): Promise<string | null> {
  const row = begun ?? (await modelFiles.beginUpload(file.name, file.size));
  let offset = row.received_bytes;
  onProgress(row.id, offset);
  for (let failures = 0; !isStopped();) {
    try {
      // A piece whose answer was lost may have come: the server says where the file goes on.
      if (failures > 0) offset = await goesOnAt(row.id, offset);
      // It has all, and has not said yet what became of it.
      offset = Math.min(offset, file.size - 1);
      const answer = await modelFiles.piece(row.id, offset, file.slice(offset, offset + pieceBytes));
      if (!('id' in answer)) return answer.name;
      offset = answer.received_bytes;
      failures = 0;
      onProgress(row.id, offset);
    } catch (error) {
      const isPassing = error instanceof HttpError && ([0, 409].includes(error.status) || error.status >= 502);
      if (!isPassing || ++failures > RETRIES) throw error;
      await wait(PAUSE_MS * failures);
    }
  }
  return null;
}
