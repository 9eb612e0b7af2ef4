/** Moderation rules, and what they would have met. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Rule = Schemas['Rule'];
export type NewRule = Schemas['RuleRequest'];
export type DryRun = Schemas['DryRun'];
export type Finding = Schemas['Finding'];

const PATH = 'admin/moderation/';

export const moderation = {
  rules: async () => (await request<{ results: Rule[] }>('GET', PATH)).results,
  add: (rule: NewRule) => request<Rule>('POST', PATH, {}, rule),
  change: (id: number, changes: Partial<NewRule>) => request<Rule>('PATCH', `${PATH}${id}/`, {}, changes),
  remove: (id: number) => request<null>('DELETE', `${PATH}${id}/`),
  dryRun: (rule: NewRule) => request<DryRun>('POST', `${PATH}dry-run/`, {}, rule),
  findings: async () => (await request<{ results: Finding[] }>('GET', `${PATH}findings/`)).results,
};
