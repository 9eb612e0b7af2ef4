/** Documents, personas and prompts: one's own and the house's. What others keep for themselves is nobody else's to see. */
import { request, sendForm } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type DocumentRow = Schemas['DocumentRow'];
export type Folder = Schemas['CollectionRow'];
export type Persona = Schemas['PersonaRow'];
export type Prompt = Schemas['PromptRow'];

const PER_PAGE = 50;

/** The first key of each query: what is changed is asked for again. */
export const DOCUMENTS = ['library', 'documents'];
export const FOLDERS = ['library', 'folders'];
export const PERSONAS = ['library', 'personas'];
export const PROMPTS = ['library', 'prompts'];

export const documents = {
  page: (q: string, cursor: string) =>
    request<Schemas['DocumentPage']>('GET', 'documents/', { q, cursor, limit: PER_PAGE }),
  add: (file: File, collection: number | null) => {
    const form = new FormData();
    form.append('file', file);
    if (collection !== null) form.append('collection', String(collection));
    return sendForm<DocumentRow>('documents/', form);
  },
  change: (id: number, changes: Schemas['PatchedDocumentInputRequest']) =>
    request<DocumentRow>('PATCH', `documents/${id}/`, {}, changes),
  remove: (id: number) => request<null>('DELETE', `documents/${id}/`),
  reindex: (id: number) => request<DocumentRow>('POST', `documents/${id}/reindex/`),
};

export const folders = {
  list: () => request<Schemas['CollectionPage']>('GET', 'collections/', { limit: 200 }),
  add: (name: string) => request<Folder>('POST', 'collections/', {}, { name, is_shared: true }),
};

export const personas = {
  list: (search: string) => request<Persona[]>('GET', 'personas/', { search }),
  add: (fields: Schemas['PersonaInputRequest']) => request<Persona>('POST', 'personas/', {}, fields),
  change: (id: number, fields: Schemas['PatchedPersonaInputRequest']) =>
    request<Persona>('PATCH', `personas/${id}/`, {}, fields),
  remove: (id: number) => request<null>('DELETE', `personas/${id}/`),
};

export const prompts = {
  list: (search: string) => request<Prompt[]>('GET', 'prompts/', { search }),
  add: (fields: Schemas['PromptInputRequest']) => request<Prompt>('POST', 'prompts/', {}, fields),
  change: (id: number, fields: Schemas['PatchedPromptInputRequest']) =>
    request<Prompt>('PATCH', `prompts/${id}/`, {}, fields),
  remove: (id: number) => request<null>('DELETE', `prompts/${id}/`),
  versions: (id: number) => request<Schemas['VersionRow'][]>('GET', `prompts/${id}/versions/`),
};
