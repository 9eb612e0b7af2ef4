/** The engines of the house, and who may register one. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Engine = Schemas['EngineRow'];
export type EngineTrial = Schemas['EngineTest'];
export type JoinToken = Schemas['TokenRow'];
export type EngineAsked = Schemas['EngineAskedRequest'];
export type EngineChanges = Schemas['PatchedEngineChangesRequest'];

const at = (name: string, act = '') => `admin/engines/${encodeURIComponent(name)}/${act}`;

export const engines = {
  list: () => request<Schemas['EngineFleet']>('GET', 'admin/engines/'),
  add: (asked: EngineAsked) => request<Engine>('POST', 'admin/engines/', {}, asked),
  change: (name: string, changes: EngineChanges) => request<Engine>('PATCH', at(name), {}, changes),
  remove: (name: string) => request<null>('DELETE', at(name)),
  test: (name: string) => request<EngineTrial>('POST', at(name, 'test/')),
  tokens: () => request<JoinToken[]>('GET', 'admin/engine-tokens/'),
  newToken: (asked: Schemas['TokenAskedRequest']) =>
    request<Schemas['NewToken']>('POST', 'admin/engine-tokens/', {}, asked),
  revoke: (id: number) => request<null>('DELETE', `admin/engine-tokens/${id}/`),
};
