import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { session } from '@/test/rows';
import { onSignedOut, setRequestLanguage } from './client';
import { auth, sessions } from './endpoints';
import { ApiError } from './errors';
import { documents } from './memory';

const server = setupServer();
const refuse = (code: string) => HttpResponse.json({ code, detail: '', retryable: false }, { status: 401 });
const at = (path: string) => `${location.origin}/api/${path}`;
const caught = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as ApiError,
  );

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

test('it works: the body of a good answer', async () => {
  server.use(
    http.get(at('auth/setup/'), () =>
      HttpResponse.json({ needs_setup: true, needs_code: false, registration: 'open' }),
    ),
  );
  expect(await auth.setup()).toMatchObject({ needs_setup: true });
});

test('a write carries the CSRF token and the language', async () => {
  document.cookie = 'csrftoken=abc123';
  setRequestLanguage('ko');
  const seen = vi.fn();
  server.use(
    http.patch(at('sessions/7/'), async ({ request }) => {
      seen(request.headers.get('X-CSRFToken'), request.headers.get('Accept-Language'), await request.json());
      return HttpResponse.json(session({ pinned: true }));
    }),
  );
  await sessions.update(7, { pinned: true });
  expect(seen).toHaveBeenCalledWith('abc123', 'ko', { pinned: true });
  setRequestLanguage('en');
});

test("the server's error shape arrives whole", async () => {
  const body = {
    code: 'bad_input',
    detail: 'No.',
    retryable: false,
    fields: { username: ['Taken.'] },
    retry_after_s: 3,
  };
  server.use(http.post(at('auth/register/'), () => HttpResponse.json(body, { status: 400 })));
  const error = await caught(auth.register({ username: 'a', email: '', password: 'b' } as never));
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    code: 'bad_input',
    status: 400,
    message: 'No.',
    fields: { username: ['Taken.'] },
    retryAfterS: 3,
  });
});

test("a proxy's page becomes an error of ours", async () => {
  server.use(http.get(at('auth/me/'), () => new HttpResponse('<h1>502</h1>', { status: 502 })));
  expect(await caught(auth.me())).toMatchObject({ code: 'error', status: 502, retryable: true });
});

test('no answer at all is "offline" and may be tried again', async () => {
  server.use(http.get(at('auth/me/'), () => HttpResponse.error()));
  expect(await caught(auth.me())).toMatchObject({ code: 'offline', status: 0, retryable: true });
});

test('a lost login is announced; a wrong password is not one', async () => {
  const told = vi.fn();
  onSignedOut(told);
  server.use(http.post(at('auth/login/'), () => refuse('bad_credentials')));
  await caught(auth.login({ username: 'a', password: 'b' }));
  expect(told).not.toHaveBeenCalled();
  server.use(http.get(at('auth/me/'), () => refuse('not_authenticated')));
  await caught(auth.me());
  expect(told).toHaveBeenCalledTimes(1);
});

test('of the next page only the cursor is taken, whatever host the server saw', async () => {
  const seen = vi.fn();
  server.use(
    http.get(at('sessions/'), ({ request }) => {
      seen(new URL(request.url).search);
      return HttpResponse.json({ next: null, results: [] });
    }),
  );
  await sessions.page(
    { pinned: false },
    'http://inside:8000/api/sessions/?cursor=abc&pinned=false',
    new AbortController().signal,
  );
  expect(seen).toHaveBeenCalledWith('?archived=false&pinned=false&cursor=abc');
});

test('all documents are listed, however many pages the server gives them in', async () => {
  server.use(
    http.get(at('documents/'), ({ request }) => {
      const isFirst = new URL(request.url).searchParams.get('cursor') === null;
      const next = isFirst ? 'http://inside/api/documents/?cursor=Mg' : null;
      return HttpResponse.json({ next, results: isFirst ? [{ id: 3 }, { id: 2 }] : [{ id: 1 }] });
    }),
  );
  expect((await documents.list('')).results.map(({ id }) => id)).toEqual([3, 2, 1]);
});
