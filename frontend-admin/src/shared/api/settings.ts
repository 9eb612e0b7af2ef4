/** The settings that need no restart. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Setting = Schemas['SettingShape'];
export type Settings = Schemas['SettingsShape'];
export type SettingValue = boolean | number | string;

const PATH = 'admin/settings/';

export const settings = {
  all: () => request<Settings>('GET', PATH),
  /** `null` goes back to the default. */
  change: (values: Record<string, SettingValue | null>) => request<Settings>('PATCH', PATH, {}, values),
};
