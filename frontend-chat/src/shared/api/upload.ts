/** Sends a form with progress: `fetch` tells none of an upload. */
import { announced, csrfToken, requestLanguage } from './client';
import { errorFrom } from './errors';

/** `onProgress` hears shares from 0 to 1. Rejects with `ApiError`, or with an AbortError when `signal` says so. */
export function upload<Row>(
  address: string,
  form: FormData,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<Row> {
  return new Promise((resolve, reject) => {
    const givenUp = () => reject(new DOMException('given up', 'AbortError'));
    if (signal?.aborted) return givenUp(); // before its turn: it was told to nobody yet
    const request = new XMLHttpRequest();
    request.open('POST', address);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Accept-Language', requestLanguage());
    request.setRequestHeader('X-CSRFToken', csrfToken());
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded / Math.max(1, event.total)));
    request.addEventListener('load', () =>
      request.status === 201
        ? resolve(request.response as Row)
        : reject(announced(errorFrom(request.status, request.response))),
    );
    request.addEventListener('error', () => reject(errorFrom(0, null)));
    request.addEventListener('abort', givenUp);
    signal?.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}
