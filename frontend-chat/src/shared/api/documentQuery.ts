/** One document and how far its reading is. Events tell of its steps; between them its progress is asked for. */
import { ApiError } from './errors';
import { type DocumentRow, documents } from './memory';

const POLL_MS = 2_000;

export const isBeingRead = ({ status }: DocumentRow): boolean => status !== 'ready' && status !== 'failed';

export const isMissing = (error: unknown): boolean => error instanceof ApiError && error.code === 'not_found';

export const documentQuery = (id: number) => ({
  queryKey: ['document', id],
  queryFn: () => documents.one(id),
  // A failed ask tells nothing of the document: whoever waits for it would wait for ever.
  refetchInterval: ({ state: { data, error } }: { state: { data?: DocumentRow | undefined; error: unknown } }) =>
    isMissing(error) || (data && !isBeingRead(data)) ? (false as const) : POLL_MS,
});
