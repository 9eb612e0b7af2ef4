/** The backups of the house. */
import { request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Backups = Schemas['BackupPage'];
export type Backup = Schemas['BackupRow'];
export type BackupState = Schemas['BackupState'];

const PATH = 'admin/backups/';
/** Key of what `page` answered. */
export const BACKUPS = ['admin', 'backups'];

export const backups = {
  page: () => request<Backups>('GET', PATH),
  make: () => request<Backups>('POST', PATH),
  remove: (name: string) => request<null>('DELETE', `${PATH}${name}/`),
  /** For a link: the browser writes it to the disk as it comes, however large it is. */
  address: (name: string) => `/api/${PATH}${name}/`,
};
