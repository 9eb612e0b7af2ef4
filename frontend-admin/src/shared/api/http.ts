/** The only place that calls `fetch`: session cookie, CSRF header, the reader's language, and the house's one error shape. */
import { HttpError } from 'react-admin';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | boolean | undefined>;

interface Problem {
  code: string;
  detail: string;
  retryable: boolean;
  fields?: Record<string, string[]>;
}

let language = 'en';

export function setRequestLanguage(next: string): void {
  language = next;
}

function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}

function problemOf(body: unknown): Problem | null {
  return typeof body === 'object' && body !== null && 'code' in body ? (body as Problem) : null;
}

/** Saves the body of an answer as a file. `content` null asks by GET. */
export async function download(path: string, name: string, content: object | null = {}): Promise<void> {
  const headers = {
    'Accept-Language': language,
    'Content-Type': 'application/json',
    'X-CSRFToken': csrfToken(),
  };
  const url = new URL(`/api/${path}`, location.origin).toString();
  const response = await reach(url, {
    method: content === null ? 'GET' : 'POST',
    headers,
    credentials: 'same-origin',
    body: content === null ? null : JSON.stringify(content),
  });
  if (!response.ok) await answerOf(response); // raises
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A piece of a file, as it is. Raises HttpError. */
export async function sendPiece<Answer>(path: string, offset: number, content: Blob): Promise<Answer> {
  const headers = {
    Accept: 'application/json',
    'Accept-Language': language,
    'Content-Type': 'application/octet-stream',
    'X-CSRFToken': csrfToken(),
  };
  const url = new URL(`/api/${path}?offset=${offset}`, location.origin).toString();
  return answerOf<Answer>(await reach(url, { method: 'PUT', headers, credentials: 'same-origin', body: content }));
}

/** A form with a file in it. Raises HttpError. */
export async function sendForm<Answer>(path: string, form: FormData): Promise<Answer> {
  const headers = { Accept: 'application/json', 'Accept-Language': language, 'X-CSRFToken': csrfToken() };
  const url = new URL(`/api/${path}`, location.origin).toString();
  return answerOf<Answer>(await reach(url, { method: 'POST', headers, credentials: 'same-origin', body: form }));
}

/** Raises react-admin's HttpError, whose message is the server's own sentence and whose body is the whole error. */
export async function request<Answer>(
  method: Method,
  path: string,
  query: Query = {},
  content?: unknown,
): Promise<Answer> {
  const url = new URL(`/api/${path}`, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': language });
  if (method !== 'GET') headers.set('X-CSRFToken', csrfToken());
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (content !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(content);
  }
  return answerOf<Answer>(await reach(url.toString(), init));
}

function reach(url: string, init: RequestInit): Promise<Response> {
  return globalThis.fetch(url, init).catch(() => {
    throw new HttpError('maru.error.unreachable', 0);
  });
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return body as Answer;
  const problem = problemOf(body);
  throw new HttpError(problem?.detail ?? 'ra.notification.http_error', response.status, problem);
}
