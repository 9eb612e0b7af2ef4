/** The live view's history, and what staff does about what it sees. */
import { request } from './http';
import type { components } from './schema';

export type History = components['schemas']['HistoryShape'];
export type Range = History['range'];
export type LiveRequest = components['schemas']['LiveRequest'];
export type LiveEngine = components['schemas']['LiveEngine'];
export type LiveSlot = components['schemas']['LiveSlot'];
export type LiveHost = components['schemas']['LiveHost'];

const engine = (name: string, act: string) => `admin/live/engines/${encodeURIComponent(name)}/${act}/`;

export const live = {
  history: (range: Range) => request<History>('GET', 'admin/live/history/', { range }),
  stopReply: (id: number) => request<null>('POST', `admin/live/replies/${id}/stop/`),
  pause: (is_paused: boolean) => request<unknown>('POST', 'admin/live/queue/', {}, { is_paused }),
  drain: (name: string, is_draining: boolean) => request<unknown>('POST', engine(name, 'drain'), {}, { is_draining }),
  restart: (name: string, model: string) => request<null>('POST', engine(name, 'restart'), {}, { model }),
};
