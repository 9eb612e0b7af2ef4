/** One document and how far its reading is. Events tell of its steps; between them its progress is asked for. */
import { type DocumentRow, documents } from './memory';

const POLL_MS = 2_000;

export const isBeingRead = ({ status }: DocumentRow): boolean => status !== 'ready' && status !== 'failed';

export const documentQuery = (id: number) => ({
  queryKey: ['document', id],
  queryFn: () => documents.one(id),
  refetchInterval: ({ state }: { state: { data?: DocumentRow | undefined } }) =>
    state.data && isBeingRead(state.data) ? POLL_MS : (false as const),
});
