/** Every call this front end makes, by name. Paths and rows: PROTOCOL §1. */
import { apiUrl, request } from './client';
import type {
  EngineState,
  Feedback,
  Message,
  ModelCard,
  Page,
  Session,
  SessionConfig,
  SetupState,
  User,
} from './types';

export interface Credentials {
  username: string;
  password: string;
}

export interface NewAccount extends Credentials {
  email: string;
  setup_code?: string;
  invite?: string;
}

export const auth = {
  setup: () => request<SetupState>('GET', 'auth/setup/'),
  me: () => request<User>('GET', 'auth/me/'),
  login: (body: Credentials) => request<{ user: User }>('POST', 'auth/login/', { body }),
  register: (body: NewAccount) => request<{ user: User }>('POST', 'auth/register/', { body }),
  logout: () => request<null>('POST', 'auth/logout/'),
  updateMe: (body: Partial<Pick<User, 'display_name' | 'language' | 'theme'>>) =>
    request<User>('PATCH', 'auth/me/', { body }),
};

export type SessionPatch = Partial<Pick<Session, 'title' | 'pinned' | 'archived' | 'active_leaf'>>;

export const sessions = {
  page: (query: { search?: string; pinned?: boolean }, next: string | null, signal: AbortSignal) =>
    next
      ? request<Page<Session>>('GET', sameOrigin(next), { signal })
      : request<Page<Session>>('GET', 'sessions/', { query, signal }),
  get: (id: number) => request<Session>('GET', `sessions/${id}/`),
  create: (body: { title?: string }) => request<Session>('POST', 'sessions/', { body }),
  update: (id: number, body: SessionPatch) => request<Session>('PATCH', `sessions/${id}/`, { body }),
  remove: (id: number) => request<null>('DELETE', `sessions/${id}/`),
  config: (id: number) => request<SessionConfig>('GET', `sessions/${id}/config/`),
  updateConfig: (id: number, body: Partial<SessionConfig>) =>
    request<SessionConfig>('PATCH', `sessions/${id}/config/`, { body }),
  messages: (id: number, next: string | null) =>
    next
      ? request<Page<Message>>('GET', sameOrigin(next))
      : request<Page<Message>>('GET', `sessions/${id}/messages/`, { query: { branch: 'active' } }),
  exportUrl: (id: number, as: 'json' | 'markdown') => apiUrl(`sessions/${id}/export/`, { as }),
};

export const messages = {
  feedback: (id: number, value: Feedback) => request<Message>('POST', `messages/${id}/feedback/`, { body: { value } }),
};

export const llm = {
  models: async () => {
    const answer = await request<ModelCard[] | Page<ModelCard>>('GET', 'llm/models/');
    return Array.isArray(answer) ? answer : answer.results;
  },
  stats: () => request<EngineState | { engines: EngineState[] }>('GET', 'llm/stats/'),
};

/** `next` names the host the server saw, which behind a proxy is not ours: only its path and query are taken. */
function sameOrigin(next: string): string {
  const url = new URL(next, location.origin);
  return new URL(url.pathname + url.search, location.origin).toString();
}
