/** One conversation of somebody else: reading it says why, and its owner sees that. */
import { download, request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type SessionDetail = Schemas['AdminSessionDetail'];
export type ReadPage = Schemas['ReadPage'];

const at = (id: number, act: string) => `admin/sessions/${id}/${act}/`;

export const glass = {
  open: (id: number, reason: string) => request<Schemas['OpeningRow']>('POST', at(id, 'open'), {}, { reason }),
  messages: (id: number, cursor: string) => request<ReadPage>('GET', at(id, 'messages'), { cursor }),
  export: (id: number, reason: string) => download(at(id, 'export'), `maru-session-${id}.json`, { reason }),
  erase: (id: number, reason: string) => request<null>('POST', at(id, 'erase'), {}, { reason }),
};

export const cursorIn = (next: string | null): string =>
  next === null ? '' : (new URL(next, location.origin).searchParams.get('cursor') ?? '');
