/** What staff does to accounts, beside the lists of the data provider. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type AdminUser = Schemas['AdminUser'];
export type UserLimits = Schemas['UserLimitsShape'];
export type ApiKey = Schemas['ApiKey'];
export type KeyLimits = ApiKey['limits'];
export type OwnLimits = Partial<UserLimits['own']>;
export type Role = Schemas['AccountRoleEnum'];

const at = (id: number, act = '') => `admin/users/${id}/${act}`;

export const people = {
  create: (fields: { username: string; email: string; role: Role }) =>
    request<Schemas['NewUserRow']>('POST', 'admin/users/', {}, fields),
  change: (id: number, changes: { role?: Role; is_active?: boolean }) =>
    request<AdminUser>('PATCH', at(id), {}, changes),
  logOut: (id: number) => request<null>('POST', at(id, 'logout/')),
  resetPassword: (id: number) => request<Schemas['PasswordRow']>('POST', at(id, 'password/')),
  erase: (id: number) => request<null>('DELETE', at(id)),
  limits: (id: number) => request<UserLimits>('GET', at(id, 'limits/')),
  changeLimits: (id: number, own: OwnLimits) => request<UserLimits>('PATCH', at(id, 'limits/'), {}, own),
  keys: async (id: number) => (await request<Schemas['AdminKeyList']>('GET', at(id, 'keys/'))).results,
  changeKey: (id: number, key: number, limits: KeyLimits) =>
    request<ApiKey>('PATCH', at(id, `keys/${key}/`), {}, { limits }),
  removeKey: (id: number, key: number) => request<null>('DELETE', at(id, `keys/${key}/`)),
  invite: () => request<Schemas['Invite']>('POST', 'auth/invites/'),
};
