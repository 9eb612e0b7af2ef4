/**
 * The only place that calls `fetch`. Session cookie, CSRF header, the caller's language, and one kind of error: `ApiError`.
 * A 401 on anything but signing in is announced to `onSignedOut`, so that every page leads to the login the same way.
 */
import { errorFrom } from './errors';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number | boolean | undefined>;
  signal?: AbortSignal;
}

let language = 'en';
let signedOut: () => void = () => undefined;

export function setRequestLanguage(next: string): void {
  language = next;
}

export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}

export function apiUrl(path: string, query: RequestOptions['query'] = {}): string {
  const url = new URL(`/api/${path}`, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url.toString();
}

export async function request<Answer>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer> {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language });
  if (method !== 'GET') headers.set('X-CSRFToken', csrfToken());
  const init: RequestInit = { method, headers, credentials: 'same-origin', signal: options.signal ?? null };
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(options.body);
  }
  const url = path.startsWith('http') ? path : apiUrl(path, options.query);
  const response = await globalThis.fetch(url, init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw errorFrom(0, null);
  });
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) {
    const error = errorFrom(response.status, body);
    if (error.code === 'not_authenticated' || (error.status === 401 && !path.startsWith('auth/login'))) signedOut();
    throw error;
  }
  return body as Answer;
}
