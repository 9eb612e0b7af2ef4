/** Images: what is taken, and sending one with progress (`fetch` tells none of an upload). */
import { api, csrfToken, requestLanguage, unwrap } from './client';
import { errorFrom } from './errors';
import type { components } from './schema';

export type Upload = components['schemas']['UploadRow'];
export type UploadLimits = components['schemas']['UploadLimitsRow'];

export const imageUrl = (id: number) => `/api/uploads/${id}/content/`;

export const uploads = {
  limits: (): Promise<UploadLimits> => unwrap(api.GET('/api/uploads/limits/')),
  remove: (id: number) => unwrap(api.DELETE('/api/uploads/{id}/', { params: { path: { id } } })),
  /** `onProgress` hears shares from 0 to 1. Rejects with `ApiError`, or with an AbortError when `signal` says so. */
  send: (file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Upload> =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', '/api/uploads/');
      request.setRequestHeader('Accept', 'application/json');
      request.setRequestHeader('Accept-Language', requestLanguage());
      request.setRequestHeader('X-CSRFToken', csrfToken());
      request.responseType = 'json';
      request.upload.addEventListener('progress', (event) => onProgress(event.loaded / Math.max(1, event.total)));
      request.addEventListener('load', () =>
        request.status === 201
          ? resolve(request.response as Upload)
          : reject(errorFrom(request.status, request.response)),
      );
      request.addEventListener('error', () => reject(errorFrom(0, null)));
      request.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
      signal.addEventListener('abort', () => request.abort());
      const form = new FormData();
      form.append('file', file, file.name || 'image');
      request.send(form);
    }),
};
