/**
 * Files on their way to the server, before the message that names them: images, and documents, which are also read before they
 * can be asked about. A file is checked against the told limits before a byte of it is sent; what the server says of its
 * content counts.
 */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { documentQuery, isBeingRead, isMissing } from '@/shared/api/documentQuery';
import { ApiError } from '@/shared/api/errors';
import type { DocumentRow } from '@/shared/api/memory';
import { newClientId } from '@/shared/socket/clientId';
import type { Attachment } from '@/shared/socket/frames';
import { type Kind, kindOf, refusalOf, sendFile, useLimits } from './files';

export interface Item {
  key: string;
  name: string;
  kind: Kind;
  /** A blob: address of the image that is shown meanwhile; empty for documents. */
  preview: string;
  state: 'sending' | 'reading' | 'ready' | 'failed';
  /** 0 … 1, of what `state` says. */
  progress: number;
  id: number | null;
  problem: { code: string; detail: string } | null;
}

export interface Attachments {
  items: readonly Item[];
  isBusy: boolean;
  add: (files: readonly File[]) => void;
  remove: (key: string) => void;
  /** What a message names. */
  named: () => Attachment[];
  /** The strip is empty afterwards. */
  clear: () => void;
}

export function useAttachments(isTemporary: boolean): Attachments {
  const queries = useQueryClient();
  const [sent, setSent] = useState<readonly Item[]>([]);
  const aborts = useRef(new Map<string, AbortController>());
  const previews = useRef(new Set<string>());
  const limits = useLimits();
  const change = useCallback((key: string, part: Partial<Item>) => {
    setSent((now) => now.map((item) => (item.key === key ? { ...item, ...part } : item)));
  }, []);
  const documents = sent.flatMap(({ kind, id }) => (kind === 'document' && id !== null ? [id] : []));
  const rows = useQueries({ queries: documents.map(documentQuery) });
  const items = sent.map((item) => withReading(item, rows[documents.indexOf(item.id ?? -1)]));

  const start = useCallback(
    async (key: string, file: File, kind: Kind, n: number) => {
      const abort = new AbortController();
      aborts.current.set(key, abort);
      try {
        const refusal = refusalOf(file, kind, await limits(), n);
        if (refusal) throw new ApiError(400, { code: refusal, detail: '', retryable: false });
        const row = await sendFile(file, kind, isTemporary, (progress) => change(key, { progress }), abort.signal);
        const isRead = kind === 'image';
        change(key, { id: row.id, name: row.name, progress: isRead ? 1 : 0, state: isRead ? 'ready' : 'reading' });
        if (!isRead) queries.invalidateQueries({ queryKey: ['documents'] }).catch(() => undefined);
      } catch (error) {
        if (error instanceof DOMException) return;
        const { code, fields, message } = error instanceof ApiError ? error : UNKNOWN;
        change(key, { state: 'failed', problem: { code, detail: fields.file?.join(' ') ?? message } });
      }
    },
    [change, isTemporary, limits, queries],
  );
  const add = useCallback(
    (files: readonly File[]) => {
      for (const [at, file] of files.entries()) {
        const key = newClientId();
        const kind = kindOf(file);
        const preview = kind === 'image' ? URL.createObjectURL(file) : '';
        if (preview) previews.current.add(preview);
        const item = { key, name: file.name, kind, preview, progress: 0, id: null, problem: null };
        setSent((now) => [...now, { ...item, state: 'sending' }]);
        start(key, file, kind, sent.length + at + 1).catch(() => undefined);
      }
    },
    [sent.length, start],
  );
  const remove = (key: string) => {
    aborts.current.get(key)?.abort();
    const item = sent.find((one) => one.key === key);
    if (item) release(previews.current, [item.preview]);
    // An image that no message takes goes by itself after a day, as a document of a temporary chat does; others stay in the library.
    setSent((now) => now.filter((one) => one.key !== key));
  };
  const named = (): Attachment[] =>
    items.flatMap(({ kind, id, name, state }) => (state === 'ready' && id !== null ? [{ kind, id, name }] : []));
  const clear = () => {
    release(
      previews.current,
      sent.map(({ preview }) => preview),
    );
    setSent([]);
  };
  useEffect(() => {
    const [running, shown] = [aborts.current, previews.current];
    return () => {
      running.forEach((abort) => abort.abort());
      release(shown, [...shown]);
    };
  }, []);
  const isBusy = items.some(({ state }) => state === 'sending' || state === 'reading');
  return { items, isBusy, add, remove, named, clear };
}

/** An address that nobody gives back keeps its file in memory as long as the tab is open. */
function release(shown: Set<string>, addresses: readonly string[]): void {
  for (const address of addresses) if (shown.delete(address)) URL.revokeObjectURL(address);
}

/** How far the server is with a document that it has. */
function withReading(item: Item, asked: { data: DocumentRow | undefined; error: Error | null } | undefined): Item {
  if (item.state !== 'reading' || !asked) return item;
  const { data: row, error } = asked;
  if (isMissing(error))
    return { ...item, state: 'failed', problem: { code: 'not_found', detail: error?.message ?? '' } };
  if (!row) return item;
  if (isBeingRead(row)) return { ...item, progress: row.progress };
  if (row.status === 'ready') return { ...item, progress: 1, state: 'ready' };
  return { ...item, state: 'failed', problem: { code: row.error_code ?? 'error', detail: row.error ?? '' } };
}

const UNKNOWN = new ApiError(0, { code: 'error', detail: '', retryable: false });
