/** The one error shape of the server (PROTOCOL preamble) as an exception. */

import type { ErrorBody } from './types';

export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly fields: Record<string, string[]>;
  readonly retryAfterS: number | undefined;

  constructor(status: number, body: ErrorBody) {
    super(body.detail);
    this.name = 'ApiError';
    this.code = body.code;
    this.status = status;
    this.retryable = body.retryable;
    this.fields = body.fields ?? {};
    this.retryAfterS = body.retry_after_s;
  }
}

/** Any answer that is not the shape above (a proxy's page, an empty body) becomes it. */
export function errorFrom(status: number, body: unknown): ApiError {
  if (isErrorBody(body)) return new ApiError(status, body);
  const code = status === 0 ? 'offline' : status === 413 ? 'too_large' : 'error';
  return new ApiError(status, { code, detail: '', retryable: status === 0 || status >= 500 });
}

function isErrorBody(body: unknown): body is ErrorBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'detail' in body &&
    typeof body.detail === 'string'
  );
}
