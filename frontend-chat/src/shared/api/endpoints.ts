/** Every call this front end makes, by name. */
import { api, unwrap } from './client';
import type { components } from './schema';
import type { Feedback, Hit, Message, Page, Session, Verdict } from './types';

type Schemas = components['schemas'];

/** `username` may also be an email. */
export type Credentials = Omit<Schemas['LoginRequest'], 'email'>;
export type NewAccount = Schemas['RegisterRequest'];
export type SessionPatch = Schemas['PatchedSessionChangesRequest'];
/** What replaces the session's settings for one answer. */
export type NewAnswer = Schemas['OverridesInputRequest'];
export type ConfigPatch = Schemas['PatchedConfigInputRequest'];

export const auth = {
  setup: () => unwrap(api.GET('/api/auth/setup/')),
  me: () => unwrap(api.GET('/api/auth/me/')),
  login: (body: Credentials) => unwrap(api.POST('/api/auth/login/', { body: { email: '', ...body } })),
  register: (body: NewAccount) => unwrap(api.POST('/api/auth/register/', { body })),
  logout: () => unwrap(api.POST('/api/auth/logout/')),
  updateMe: (body: Schemas['PatchedUserRequest']) => unwrap(api.PATCH('/api/auth/me/', { body })),
};

export const house = {
  facts: () => unwrap(api.GET('/api/house/')),
};

export const sessions = {
  page: (
    filter: { pinned?: boolean; archived?: boolean; folder?: string; in_folder?: boolean },
    next: string | null,
    signal: AbortSignal,
  ): Promise<Page<Session>> =>
    unwrap(api.GET('/api/sessions/', { params: { query: { archived: false, ...filter, ...cursorOf(next) } }, signal })),
  /** Ids of the newest ones with an answer that nobody has looked at. */
  unread: async (): Promise<readonly number[]> => {
    const { results } = await unwrap(api.GET('/api/sessions/', { params: { query: { unread: true } } }));
    return results.map(({ id }) => id);
  },
  create: (body: Schemas['SessionInputRequest'] = {}) => unwrap(api.POST('/api/sessions/', { body })),
  update: (id: number, body: SessionPatch) =>
    unwrap(api.PATCH('/api/sessions/{id}/', { params: { path: { id } }, body })),
  remove: (id: number) => unwrap(api.DELETE('/api/sessions/{id}/', { params: { path: { id } } })),
  removeAll: (ids: readonly number[]) => unwrap(api.POST('/api/sessions/bulk-delete/', { body: { ids: [...ids] } })),
  restore: (ids: readonly number[]) => unwrap(api.POST('/api/sessions/restore/', { body: { ids: [...ids] } })),
  folders: async () => (await unwrap(api.GET('/api/sessions/folders/'))).results,
  search: (q: string, next: string | null, signal: AbortSignal): Promise<Page<Hit>> =>
    unwrap(api.GET('/api/search/', { params: { query: { q, ...cursorOf(next) } }, signal })),
  /** `document`: JSON as text. Sent again under the same key, it makes nothing twice. */
  import: (document: string, key: string) =>
    unwrap(
      api.POST('/api/sessions/import/', {
        params: { header: { 'Idempotency-Key': key } },
        body: document as never,
        bodySerializer: (text: unknown) => text,
      }),
    ),
  shares: async (id: number) =>
    (await unwrap(api.GET('/api/sessions/{id}/shares/', { params: { path: { id } } }))).results,
  share: (id: number) => unwrap(api.POST('/api/sessions/{id}/shares/', { params: { path: { id } } })),
  revokeShare: (id: number) => unwrap(api.DELETE('/api/shares/{id}/', { params: { path: { id } } })),
  shared: (token: string) => unwrap(api.GET('/api/shared/{token}/', { params: { path: { token } } })),
  config: (id: number) => unwrap(api.GET('/api/sessions/{id}/config/', { params: { path: { id } } })),
  updateConfig: (id: number, body: ConfigPatch) =>
    unwrap(api.PATCH('/api/sessions/{id}/config/', { params: { path: { id } }, body })),
  /** The shown branch, from its end towards its beginning. */
  messages: (id: number, next: string | null): Promise<Page<Message>> =>
    unwrap(
      api.GET('/api/sessions/{id}/messages/', {
        params: { path: { id }, query: { branch: 'active', ...cursorOf(next) } },
      }),
    ),
  exportAllUrl: '/api/sessions/export/',
  exportUrl: (id: number, as: 'json' | 'markdown' | 'signed') => `/api/sessions/${id}/export/?as=${as}`,
};

export const messages = {
  /** With what shaped it. */
  detail: (id: number) => unwrap(api.GET('/api/messages/{id}/', { params: { path: { id } } })),
  regenerate: (id: number, body: NewAnswer) =>
    unwrap(api.POST('/api/messages/{id}/regenerate/', { params: { path: { id } }, body })),
  feedback: (id: number, value: Feedback, note: string) =>
    unwrap(api.POST('/api/messages/{id}/feedback/', { params: { path: { id } }, body: { value, note } })),
};

export const comparisons = {
  vote: async (id: number, verdict: Verdict) =>
    (await unwrap(api.POST('/api/comparisons/{id}/vote/', { params: { path: { id } }, body: { verdict } }))).replies,
};

export const llm = {
  /** Those one can talk to. */
  models: async () => (await unwrap(api.GET('/api/llm/models/'))).filter((model) => model.kind !== 'embedding'),
  stats: () => unwrap(api.GET('/api/llm/stats/')),
};

/** `next` names the host the server saw, which behind a proxy is not ours: only its cursor is taken. */
export function cursorOf(next: string | null): { cursor?: string } {
  const cursor = next === null ? null : new URL(next, location.origin).searchParams.get('cursor');
  return cursor === null ? {} : { cursor };
}
