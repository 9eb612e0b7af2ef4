/** Calls for what is kept beside conversations: personas and prompts. */
import { api, unwrap } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type PersonaInput = Schemas['PersonaInputRequest'];
export type PromptInput = Schemas['PromptInputRequest'];

const at = (id: number) => ({ path: { id } });

export const personas = {
  list: () => unwrap(api.GET('/api/personas/')),
  create: (body: PersonaInput) => unwrap(api.POST('/api/personas/', { body })),
  update: (id: number, body: Partial<PersonaInput>) =>
    unwrap(api.PATCH('/api/personas/{id}/', { params: at(id), body })),
  remove: (id: number) => unwrap(api.DELETE('/api/personas/{id}/', { params: at(id) })),
  card: (id: number) => unwrap(api.GET('/api/personas/{id}/card/', { params: at(id) })),
  importCard: (card: unknown) => unwrap(api.POST('/api/personas/import/', { body: { card } })),
};

export const prompts = {
  list: () => unwrap(api.GET('/api/prompts/')),
  create: (body: PromptInput) => unwrap(api.POST('/api/prompts/', { body })),
  update: (id: number, body: Partial<PromptInput>) => unwrap(api.PATCH('/api/prompts/{id}/', { params: at(id), body })),
  remove: (id: number) => unwrap(api.DELETE('/api/prompts/{id}/', { params: at(id) })),
  versions: (id: number) => unwrap(api.GET('/api/prompts/{id}/versions/', { params: at(id) })),
  restore: (id: number, number: number) =>
    unwrap(api.POST('/api/prompts/{id}/restore/', { params: at(id), body: { number } })),
};
