/** Documents and folders as rows. Uploads are followed by their progress, and the list is asked again while something is read. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { type DocumentRow, documents, folders } from '@/shared/api/memory';
import { upload } from '@/shared/api/upload';

const LIST = ['documents'] as const;
const FOLDERS = ['folders'] as const;
const POLL_MS = 1000;

const isBusy = (row: DocumentRow) => !['ready', 'failed'].includes(row.status);

export function useDocuments(folder: string) {
  return useQuery({
    queryKey: [...LIST, folder],
    queryFn: () => documents.list(folder),
    refetchInterval: ({ state }) => (state.data?.results.some(isBusy) ? POLL_MS : false),
    placeholderData: (before) => before,
  });
}

export function useFolders() {
  return useQuery({ queryKey: FOLDERS, queryFn: folders.list });
}

export function useFound(q: string) {
  return useQuery({ queryKey: ['passages', q], queryFn: () => documents.search(q), enabled: q.length > 1 });
}

export function useDocumentActs() {
  const queries = useQueryClient();
  const onSuccess = async () => {
    await queries.invalidateQueries({ queryKey: LIST });
    await queries.invalidateQueries({ queryKey: FOLDERS });
  };
  return {
    paste: useMutation({ mutationFn: documents.paste, onSuccess }),
    move: useMutation({
      mutationFn: ({ id, to }: { id: number; to: number | null }) => documents.move(id, to),
      onSuccess,
    }),
    reindex: useMutation({ mutationFn: documents.reindex, onSuccess }),
    remove: useMutation({ mutationFn: documents.remove, onSuccess }),
    addFolder: useMutation({
      mutationFn: ({ name, isShared }: { name: string; isShared: boolean }) => folders.create(name, isShared),
      onSuccess,
    }),
    removeFolder: useMutation({ mutationFn: folders.remove, onSuccess }),
  };
}

export interface Upload {
  key: string;
  name: string;
  share: number;
}

/** Sends files one after another; `onProblem` hears of each that was refused. */
export function useUploads(folder: number | null, onProblem: (name: string, error: unknown) => void) {
  const queries = useQueryClient();
  const [running, setRunning] = useState<Upload[]>([]);
  const send = useCallback(
    async (files: File[]) => {
      const queued = files.map((file, n) => ({ file, key: `${Date.now()}-${n}` }));
      setRunning((before) => [...before, ...queued.map(({ file, key }) => ({ key, name: file.name, share: 0 }))]);
      for (const { file, key } of queued) {
        const body = new FormData();
        body.append('file', file);
        if (folder !== null) body.append('collection', String(folder));
        const onProgress = (share: number) =>
          setRunning((before) => before.map((each) => (each.key === key ? { ...each, share } : each)));
        // One after another: the house reads one at a time anyway.
        // oxlint-disable-next-line no-await-in-loop
        await upload('/api/documents/', body, onProgress).catch((error: unknown) => onProblem(file.name, error));
        setRunning((before) => before.filter((each) => each.key !== key));
        // oxlint-disable-next-line no-await-in-loop
        await queries.invalidateQueries({ queryKey: LIST });
      }
    },
    [folder, onProblem, queries],
  );
  return { running, send };
}
