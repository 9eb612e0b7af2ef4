/** What uses the disk, and what of it is nobody's. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type StorageReport = Schemas['StorageReport'];
export type StorageUser = Schemas['StorageUser'];
export type StorageTable = Schemas['StorageTable'];
export type Orphans = Schemas['OrphanRow'];
export type OrphanKind = Orphans['kind'];

const PATH = 'admin/storage/';
const ORPHANS = `${PATH}orphans/`;

export const storage = {
  report: () => request<StorageReport>('GET', PATH),
  orphans: async () => (await request<{ results: Orphans[] }>('GET', ORPHANS)).results,
  sweep: async (asked: { kinds: OrphanKind[]; even_most?: true }) =>
    (await request<{ results: Orphans[] }>('POST', ORPHANS, {}, asked)).results,
};
