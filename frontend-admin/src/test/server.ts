/** A stand-in for the network: answers by "METHOD path", and remembers what was asked. */
import { vi } from 'vitest';

export interface Asked {
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

type Answer = { status?: number; body?: unknown };

export function serve(routes: Record<string, Answer | (() => Answer)>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    const url = new URL(address);
    const method = init.method ?? 'GET';
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    asked.push({ method, url, headers: new Headers(init.headers), body });
    const route = routes[`${method} ${url.pathname}`];
    if (!route) return Promise.reject(new Error(`nobody answers ${method} ${url.pathname}`));
    const answer = typeof route === 'function' ? route() : route;
    const status = answer.status ?? 200;
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(answer.body), { status }));
  });
  return asked;
}

export const account = (extra: object = {}) => ({
  id: 7,
  username: 'minji',
  display_name: '김민지',
  email: 'minji@example.org',
  language: '',
  theme: 'system',
  is_staff: true,
  is_superuser: false,
  ...extra,
});

export const refusal = (status: number, code: string, detail: string): Answer => ({
  status,
  body: { code, detail, retryable: false },
});
