/** The models of this machine, and files on their way into the models folder. */
import { request, sendPiece } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type ModelRow = Schemas['AdminModelRow'];
export type ModelList = Schemas['AdminModelList'];
export type ModelSettings = Schemas['ModelSettingsShape'];
export type ModelFiles = Schemas['ModelFiles'];
export type Arriving = Schemas['ArrivingRow'];
export type Recommended = Schemas['RecommendedRow'];
export type Trial = Schemas['TrialShape'];
export type Preview = Schemas['PreviewShape'];

const at = (id: string, act = '') => `admin/models/${encodeURIComponent(id)}/${act}`;
const file = (id: string, act = '') => `admin/model-files/${encodeURIComponent(id)}/${act}`;

export const models = {
  list: () => request<ModelList>('GET', 'admin/models/'),
  one: (id: string) => request<ModelRow>('GET', at(id)),
  load: (id: string) => request<ModelRow>('POST', at(id, 'load/')),
  unload: (id: string) => request<ModelRow>('POST', at(id, 'unload/')),
  makeDefault: (id: string) => request<ModelRow>('POST', at(id, 'default/')),
  change: (id: string, settings: Partial<ModelSettings>) => request<ModelRow>('PATCH', at(id), {}, settings),
  erase: (id: string) => request<null>('DELETE', at(id)),
  measure: (id: string) => request<Trial>('POST', at(id, 'trial/')),
  preview: (id: string, asked: Schemas['PreviewAskedRequest']) =>
    request<Preview>('POST', at(id, 'preview/'), {}, asked),
  nameAgain: (id: string, name: string, lora: [string, number][]) =>
    request<Schemas['NameShape']>('POST', at(id, 'names/'), {}, { name, lora }),
};

export const modelFiles = {
  list: () => request<ModelFiles>('GET', 'admin/model-files/'),
  one: (id: string) => request<Arriving>('GET', file(id)),
  beginUpload: (name: string, size_bytes: number) =>
    request<Arriving>('POST', file('uploads'), {}, { name, size_bytes }),
  piece: (id: string, offset: number, content: Blob) =>
    sendPiece<Arriving | Schemas['NameShape']>(file(id), offset, content),
  pull: (asked: Schemas['PullAskedRequest']) => request<Arriving>('POST', file('pulls'), {}, asked),
  takeIn: (path: string) => request<Schemas['NameShape']>('POST', file('folder'), {}, { path }),
  pause: (id: string, is_paused: boolean) => request<Arriving>('POST', file(id, 'pause/'), {}, { is_paused }),
  drop: (id: string) => request<null>('DELETE', file(id)),
  switchPull: (is_on: boolean) => request<unknown>('PATCH', 'admin/settings/', {}, { model_pull: is_on }),
};
