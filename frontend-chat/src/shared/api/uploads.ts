/** Images: what is taken, and sending one with progress. */
import { api, unwrap } from './client';
import type { components } from './schema';
import { upload } from './upload';

export type Upload = components['schemas']['UploadRow'];
export type UploadLimits = components['schemas']['UploadLimitsRow'];

export const imageUrl = (id: number) => `/api/uploads/${id}/content/`;

export const uploads = {
  limits: (): Promise<UploadLimits> => unwrap(api.GET('/api/uploads/limits/')),
  remove: (id: number) => unwrap(api.DELETE('/api/uploads/{id}/', { params: { path: { id } } })),
  send: (file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Upload> => {
    const form = new FormData();
    form.append('file', file, file.name || 'image');
    return upload('/api/uploads/', form, onProgress, signal);
  },
};
