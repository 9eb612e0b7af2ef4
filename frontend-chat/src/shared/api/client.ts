/**
 * The only place that calls `fetch`. Session cookie, CSRF header, the caller's language, and one kind of error: `ApiError`.
 * A call that is refused because nobody is signed in is announced to `onSignedOut`, so that every page leads to the login.
 */
import createClient, { type FetchResponse, type Middleware } from 'openapi-fetch';
import type { MediaType } from 'openapi-typescript-helpers';
import { type ApiError, errorFrom } from './errors';
import type { paths } from './schema';

let language = 'en';
let signedOut: () => void = () => undefined;

export function setRequestLanguage(next: string): void {
  language = next;
}

export function onSignedOut(listener: () => void): () => void {
  signedOut = listener;
  return () => {
    signedOut = () => undefined;
  };
}

export function requestLanguage(): string {
  return language;
}

export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}

const headers: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept', 'application/json');
    request.headers.set('Accept-Language', language);
    if (request.method !== 'GET') request.headers.set('X-CSRFToken', csrfToken());
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  // Looked up at each call, so that tests can put theirs in its place.
  fetch: (request) => globalThis.fetch(request),
});
api.use(headers);

/** The body of a good answer. Raises `ApiError` for every other, also for none at all. */
// oxlint-disable-next-line typescript/no-explicit-any
export async function unwrap<Op extends Record<string | number, any>, Options, Media extends MediaType>(
  call: Promise<FetchResponse<Op, Options, Media>>,
): Promise<NonNullable<FetchResponse<Op, Options, Media>['data']>> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw errorFrom(0, null);
  });
  if (response.ok) return data as NonNullable<typeof data>;
  throw announced(errorFrom(response.status, error));
}

export function announced(error: ApiError): ApiError {
  if (error.code === 'not_authenticated') signedOut();
  return error;
}
