import { afterEach, describe, expect, it } from 'vitest';
import { account, refusal, serve } from '@/test/server';
import { authProvider, STAFF_ONLY } from './authProvider';

const setup = { body: { needs_setup: false, needs_code: false, registration: 'open' } };
const credentials = { username: 'minji', password: 'secret' };
const asks = (asked: { method: string; url: URL }[]) => asked.map(({ method, url }) => `${method} ${url.pathname}`);

describe('authProvider', () => {
  afterEach(async () => {
    serve({ 'POST /api/auth/logout/': { status: 204 } });
    await authProvider.logout({});
  });

  it('works', async () => {
    serve({ 'GET /api/auth/setup/': setup, 'POST /api/auth/login/': { body: { user: account() } } });
    await authProvider.login(credentials);
    await authProvider.checkAuth({});
    expect(await authProvider.getIdentity?.()).toEqual({ id: 7, fullName: '김민지' });
    expect(await authProvider.getPermissions?.({})).toBe('staff');
  });

  it('fetches the CSRF cookie before it signs in', async () => {
    const asked = serve({ 'GET /api/auth/setup/': setup, 'POST /api/auth/login/': { body: { user: account() } } });
    await authProvider.login(credentials);
    expect(asks(asked)).toEqual(['GET /api/auth/setup/', 'POST /api/auth/login/']);
  });

  it('turns away who is not staff, with a clear sentence, and leaves no login behind', async () => {
    const asked = serve({
      'GET /api/auth/setup/': setup,
      'POST /api/auth/login/': { body: { user: account({ is_staff: false }) } },
      'POST /api/auth/logout/': { status: 204 },
    });
    await expect(authProvider.login(credentials)).rejects.toMatchObject({ message: STAFF_ONLY });
    expect(asks(asked)).toContain('POST /api/auth/logout/');
  });

  it('does not end the chat login of somebody who only looked in', async () => {
    const asked = serve({ 'GET /api/auth/me/': { body: account({ is_staff: false }) } });
    await expect(authProvider.checkAuth({})).rejects.toMatchObject({ message: STAFF_ONLY });
    await authProvider.logout({});
    expect(asks(asked)).toEqual(['GET /api/auth/me/']);
  });

  it('sends a stranger to the sign-in page without a complaint', async () => {
    serve({ 'GET /api/auth/me/': refusal(401, 'not_authenticated', 'Please sign in.') });
    await expect(authProvider.checkAuth({})).rejects.toMatchObject({ message: false });
  });

  it('asks again who is there once a login has ended', async () => {
    serve({ 'GET /api/auth/me/': { body: account() } });
    await authProvider.checkAuth({});
    await expect(authProvider.checkError({ status: 401 })).rejects.toMatchObject({ status: 401 });
    serve({ 'GET /api/auth/me/': refusal(401, 'not_authenticated', 'Please sign in.') });
    await expect(authProvider.checkAuth({})).rejects.toMatchObject({ status: 401 });
  });

  it('takes an ordinary failure for no reason to sign out', async () => {
    await expect(authProvider.checkError({ status: 500 })).resolves.toBeUndefined();
  });
});
