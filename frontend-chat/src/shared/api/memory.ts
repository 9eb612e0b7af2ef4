/** Calls for what is remembered, and for documents. Uploads go by XMLHttpRequest: fetch tells no progress. */
import { api, unwrap } from './client';
import type { components } from './schema';
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
  list: (q: string) => unwrap(api.GET('/api/memories/', { params: { query: { q, limit: 200 } } })),
  add: (text: string) => unwrap(api.POST('/api/memories/', { body: { text } })),
  edit: (id: number, text: string) => unwrap(api.PATCH('/api/memories/{id}/', { params: at(id), body: { text } })),
  forget: (id: number) => unwrap(api.DELETE('/api/memories/{id}/', { params: at(id) })),
  forgetAll: () => unwrap(api.DELETE('/api/memories/')),
  exportUrl: '/api/memories/export/',
};

export const documents = {
  list: (collection: string, q = '') =>
    unwrap(api.GET('/api/documents/', { params: { query: { collection, q, limit: 200 } } })),
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
