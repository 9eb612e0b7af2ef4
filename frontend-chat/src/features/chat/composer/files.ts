/** What a chosen file is, whether it may go, and how it goes. Images belong to their message, documents to the library, or to the
 * temporary chat that they were given to. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { documents, type DocumentLimits } from '@/shared/api/memory';
import { type UploadLimits, uploads } from '@/shared/api/uploads';
import type { Attachment } from '@/shared/socket/frames';

export type Kind = Attachment['kind'];

export interface Limits {
  images: UploadLimits;
  documents: DocumentLimits;
}

export const limitsQuery = {
  queryKey: ['uploads', 'limits'],
  queryFn: async (): Promise<Limits> => {
    const [images, files] = await Promise.all([uploads.limits(), documents.limits()]);
    return { images, documents: files };
  },
  staleTime: 10_000,
};

/** Asks for what is taken now, once for several files. */
export function useLimits(): () => Promise<Limits> {
  const queries = useQueryClient();
  return useCallback(() => queries.fetchQuery(limitsQuery), [queries]);
}

export const kindOf = (file: File): Kind => (file.type.startsWith('image/') ? 'image' : 'document');

/** The code of why this file cannot go along, the `n`-th of its message; null if it can. */
export function refusalOf(file: File, kind: Kind, limits: Limits, n: number): string | null {
  if (n > limits.images.per_message) return 'too_many_files';
  if (kind === 'image') {
    const { media_types, max_bytes, room_bytes } = limits.images;
    if (!media_types.includes(file.type)) return 'no_image';
    if (file.size > max_bytes) return 'image_too_large';
    return file.size > room_bytes ? 'uploads_full' : null;
  }
  const { suffixes, max_bytes, room_bytes, room_documents } = limits.documents;
  if (!suffixes.includes(file.name.split('.').at(-1)?.toLowerCase() ?? '')) return 'document_unsupported';
  if (file.size === 0) return 'document_empty';
  if (file.size > max_bytes) return 'document_too_large';
  return file.size > room_bytes || room_documents === 0 ? 'documents_full' : null;
}

/** Its id and stored name. Rejects as `upload` does. */
export async function sendFile(
  file: File,
  kind: Kind,
  isTemporary: boolean,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<{ id: number; name: string }> {
  if (kind === 'image') return uploads.send(file, onProgress, signal);
  const { id, title } = await documents.send(file, { isTemporary }, onProgress, signal);
  return { id, name: title };
}
