/** Documents and folders as rows. Uploads are followed by their progress, and the list is asked again while something is read. */
import { isBeingRead } from '@/shared/api/documentQuery';
import { documents, folders } from '@/shared/api/memory';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useProblemToast } from '@/shared/ui/useProblemToast';

const LIST = ['documents'] as const;
const FOLDERS = ['folders'] as const;
const POLL_MS = 2_000; // events tell of steps, not of the progress within one

export function useDocuments(folder: string, q = '') {
  return useQuery({
    queryKey: [...LIST, folder, q],
    queryFn: () => documents.list(folder, q),
    refetchInterval: ({ state }) => (state.data?.results.some(isBeingRead) ? POLL_MS : false),
    placeholderData: keepPreviousData,
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
  const onError = useProblemToast();
  return {
    paste: useMutation({ mutationFn: documents.paste, onSuccess }),
    move: useMutation({
      mutationFn: ({ id, to }: { id: number; to: number | null }) => documents.move(id, to),
      onSuccess,
      onError,
    }),
    reindex: useMutation({ mutationFn: documents.reindex, onSuccess, onError }),
    remove: useMutation({ mutationFn: documents.remove, onSuccess, onError }),
    addFolder: useMutation({
      mutationFn: ({ name, isShared }: { name: string; isShared: boolean }) => folders.create(name, isShared),
      onSuccess,
    }),
    removeFolder: useMutation({ mutationFn: folders.remove, onSuccess, onError }),
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
        const onProgress = (share: number) =>
          setRunning((before) => before.map((each) => (each.key === key ? { ...each, share } : each)));
        // One after another: the house reads one at a time anyway.
        // oxlint-disable-next-line no-await-in-loop
        await documents
          .send(file, { collection: folder }, onProgress)
          .catch((error: unknown) => onProblem(file.name, error));
        setRunning((before) => before.filter((each) => each.key !== key));
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all([LIST, FOLDERS].map((queryKey) => queries.invalidateQueries({ queryKey })));
      }
    },
    [folder, onProblem, queries],
  );
  return { running, send };
}
