/**
 * Files on their way to the server, before the message that names them. A file is checked against the told limits before a
 * byte of it is sent; what the server says of its content counts. Kinds have one seam: `kindOf`.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '@/shared/api/errors';
import { uploads, type UploadLimits } from '@/shared/api/uploads';
import { newClientId } from '@/shared/socket/clientId';
import type { Attachment } from '@/shared/socket/frames';

export interface Item {
  key: string;
  name: string;
  /** A blob: address of what is shown meanwhile. */
  preview: string;
  /** 0 … 1 */
  progress: number;
  id: number | null;
  problem: { code: string; detail: string } | null;
}

export interface Attachments {
  items: readonly Item[];
  isBusy: boolean;
  add: (files: readonly File[]) => void;
  remove: (key: string) => void;
  /** What the message names; the strip is empty afterwards. */
  take: () => Attachment[];
}

export function useAttachments(): Attachments {
  const [items, setItems] = useState<readonly Item[]>([]);
  const aborts = useRef(new Map<string, AbortController>());
  const change = useCallback((key: string, part: Partial<Item>) => {
    setItems((now) => now.map((item) => (item.key === key ? { ...item, ...part } : item)));
  }, []);

  const start = useCallback(
    async (key: string, file: File) => {
      const abort = new AbortController();
      aborts.current.set(key, abort);
      try {
        refuse(file, await uploads.limits());
        const upload = await uploads.send(file, (progress) => change(key, { progress }), abort.signal);
        change(key, { id: upload.id, name: upload.name, progress: 1 });
      } catch (error) {
        if (error instanceof DOMException) return;
        const known = error instanceof ApiError ? error : new ApiError(0, UNKNOWN);
        change(key, { problem: { code: known.code, detail: known.fields.file?.join(' ') ?? known.message } });
      }
    },
    [change],
  );
  const add = useCallback(
    (files: readonly File[]) => {
      for (const file of files) {
        const key = newClientId();
        const preview = URL.createObjectURL(file);
        setItems((now) => [...now, { key, name: file.name, preview, progress: 0, id: null, problem: null }]);
        start(key, file).catch(() => undefined);
      }
    },
    [start],
  );
  const remove = (key: string) => {
    aborts.current.get(key)?.abort();
    const item = items.find((one) => one.key === key);
    if (item) URL.revokeObjectURL(item.preview);
    // What no message takes goes by itself after a day; asking is only politeness.
    if (item?.id) uploads.remove(item.id).catch(() => undefined);
    setItems((now) => now.filter((one) => one.key !== key));
  };
  const take = (): Attachment[] => {
    const taken = items.flatMap(({ id, name }) => (id === null ? [] : [{ kind: 'image' as const, id, name }]));
    for (const { preview } of items) URL.revokeObjectURL(preview);
    setItems([]);
    return taken;
  };
  useEffect(() => {
    const running = aborts.current;
    return () => running.forEach((abort) => abort.abort());
  }, []);
  const isBusy = items.some((item) => item.id === null && item.problem === null);
  return { items, isBusy, add, remove, take };
}

const UNKNOWN = { code: 'error', detail: '', retryable: false };

function refuse(file: File, limits: UploadLimits): void {
  if (!limits.media_types.includes(file.type)) throw new ApiError(400, { ...UNKNOWN, code: 'no_image' });
  if (file.size > limits.max_bytes) throw new ApiError(413, { ...UNKNOWN, code: 'image_too_large' });
  if (file.size > limits.room_bytes) throw new ApiError(409, { ...UNKNOWN, code: 'uploads_full' });
}
