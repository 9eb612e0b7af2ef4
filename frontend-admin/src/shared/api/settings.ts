/** The settings that need no restart. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Setting = Schemas['SettingShape'];
export type Settings = Schemas['SettingsShape'];
export type RetentionRow = Schemas['RetentionRow'];
export type SettingValue = boolean | number | string;

const PATH = 'admin/settings/';

export const settings = {
  all: () => request<Settings>('GET', PATH),
  /** What would go if a role's conversations were kept for so many days only. */
  dryRun: async (role: string, days: number) => {
    const { results } = await request<{ results: RetentionRow[] }>('POST', 'admin/retention/', {}, { [role]: days });
    return results.find((row) => row.role === role) ?? null;
  },
  /** `null` goes back to the default. */
  change: (values: Record<string, SettingValue | null>) => request<Settings>('PATCH', PATH, {}, values),
};
