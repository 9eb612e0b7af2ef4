/** Calls for one's own account: profile, password, logins, keys, figures. */
import { api, unwrap } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type ApiKey = Schemas['ApiKey'];
export type ApiKeyInput = Schemas['ApiKeyInputRequest'];
export type KnownLogin = Schemas['KnownLogin'];
export type UserPatch = Schemas['PatchedUserRequest'];

const at = (id: number) => ({ path: { id } });

export const account = {
  change: (body: UserPatch) => unwrap(api.PATCH('/api/auth/me/', { body })),
  password: (old_password: string, new_password: string) =>
    unwrap(api.POST('/api/auth/password/', { body: { old_password, new_password } })),
  erase: (password: string) =>
    unwrap(
      // OpenAPI knows no body of a DELETE, so the generator drops it.
      api.DELETE('/api/auth/me/', { body: { password } as never, headers: { 'Content-Type': 'application/json' } }),
    ),
  keys: () => unwrap(api.GET('/api/auth/keys/')),
  makeKey: (body: ApiKeyInput) => unwrap(api.POST('/api/auth/keys/', { body })),
  changeKey: (id: number, body: Schemas['PatchedApiKeyChangesRequest']) =>
    unwrap(api.PATCH('/api/auth/keys/{id}/', { params: at(id), body })),
  removeKey: (id: number) => unwrap(api.DELETE('/api/auth/keys/{id}/', { params: at(id) })),
  logins: () => unwrap(api.GET('/api/auth/logins/')),
  endLogin: (id: number) => unwrap(api.DELETE('/api/auth/logins/{id}/', { params: at(id) })),
  endOthers: () => unwrap(api.POST('/api/auth/logout-others/')),
  openings: async () => (await unwrap(api.GET('/api/openings/'))).results,
  openingsSeen: () => unwrap(api.POST('/api/openings/seen/')),
  quota: () => unwrap(api.GET('/api/quota/')),
  usage: (days: number, tz: string) => unwrap(api.GET('/api/usage/', { params: { query: { days, tz } } })),
};
