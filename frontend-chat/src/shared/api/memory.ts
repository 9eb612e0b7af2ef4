/** Calls for what is remembered, and for documents. Uploads go by XMLHttpRequest: fetch tells no progress. */
import { api, unwrap } from './client';
import type { components } from './schema';
import { cursorOf } from './endpoints';
import type { Page } from './types';
import { upload } from './upload';

type Schemas = components['schemas'];

export type Memory = Schemas['MemoryRow'];
export type DocumentRow = Schemas['DocumentRow'];
export type DocumentLimits = Schemas['DocumentLimitsRow'];
export type Passage = Schemas['PassageRow'];
export type Folder = Schemas['CollectionRow'];
export type Recalled = Schemas['RecalledRow'];

const at = (id: number) => ({ path: { id } });

export const memories = {
  /** The newest first. */
  page: (kind: Memory['kind'], q: string, next: string | null): Promise<Page<Memory>> =>
    unwrap(api.GET('/api/memories/', { params: { query: { kind, q, limit: 200, ...cursorOf(next) } } })),
  add: (text: string) => unwrap(api.POST('/api/memories/', { body: { text } })),
  edit: (id: number, text: string) => unwrap(api.PATCH('/api/memories/{id}/', { params: at(id), body: { text } })),
  forget: (id: number) => unwrap(api.DELETE('/api/memories/{id}/', { params: at(id) })),
  forgetAll: () => unwrap(api.DELETE('/api/memories/')),
  exportUrl: '/api/memories/export/',
};

export const documents = {
  /** All of them: the server keeps 500 of one's own at most. */
  list: async (collection: string, q = ''): Promise<{ results: DocumentRow[] }> => {
    const results: DocumentRow[] = [];
    for (let next: string | null | undefined; next !== null;) {
      const query = { collection, q, limit: 200, ...cursorOf(next ?? null) };
      // oxlint-disable-next-line no-await-in-loop -- where a page begins is known from the one before
      const page: Page<DocumentRow> = await unwrap(api.GET('/api/documents/', { params: { query } }));
      results.push(...page.results);
      next = page.next;
    }
    return { results };
  },
  one: (id: number) => unwrap(api.GET('/api/documents/{id}/', { params: at(id) })),
  limits: () => unwrap(api.GET('/api/documents/limits/')),
  send: (
    file: File,
    place: { collection?: number | null; isTemporary?: boolean },
    onProgress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<DocumentRow> => {
    const form = new FormData();
    form.append('file', file);
    if (place.collection) form.append('collection', String(place.collection));
    if (place.isTemporary) form.append('is_temporary', 'true');
    return upload('/api/documents/', form, onProgress, signal);
  },
  paste: (body: { text: string; title: string; collection: number | null }) =>
    unwrap(api.POST('/api/documents/', { body })),
  move: (id: number, collection: number | null) =>
    unwrap(api.PATCH('/api/documents/{id}/', { params: at(id), body: { collection } })),
  rename: (id: number, title: string) => unwrap(api.PATCH('/api/documents/{id}/', { params: at(id), body: { title } })),
  reindex: (id: number) => unwrap(api.POST('/api/documents/{id}/reindex/', { params: at(id) })),
  remove: (id: number) => unwrap(api.DELETE('/api/documents/{id}/', { params: at(id) })),
  around: (id: number, chunk: number, q: string) =>
    unwrap(api.GET('/api/documents/{id}/passages/', { params: { ...at(id), query: { chunk, q, limit: 5 } } })),
  search: (q: string) => unwrap(api.GET('/api/documents/search/', { params: { query: { q } } })),
  fileUrl: (id: number) => `/api/documents/${id}/file/`,
};

export const folders = {
  list: () => unwrap(api.GET('/api/collections/')),
  create: (name: string, is_shared: boolean) => unwrap(api.POST('/api/collections/', { body: { name, is_shared } })),
  remove: (id: number) => unwrap(api.DELETE('/api/collections/{id}/', { params: at(id) })),
};

export const recallOf = (message: number) => unwrap(api.GET('/api/messages/{id}/recall/', { params: at(message) }));

/** `entry`: a memory or a passage. */
export const answerWithout = (message: number, entry: number) =>
  unwrap(api.POST('/api/messages/{id}/regenerate/', { params: at(message), body: { without_memories: [entry] } }));
