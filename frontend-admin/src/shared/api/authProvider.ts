/**
 * Who may enter: staff, by the same session cookie as the chat. HAZARD: react-admin calls `logout` whenever a check fails;
 * somebody of the chat who only looked in here must not lose their chat for it, so only a staff login is ended.
 */
import type { AuthProvider, UserIdentity } from 'react-admin';
import { HttpError } from 'react-admin';
import { request } from './http';
import type { components } from './schema';

export type Account = components['schemas']['User'];

export const STAFF_ONLY = 'maru.auth.staff_only';

/** Between two checks of somebody who is not signed in, in milliseconds. */
const CHECK_EVERY_MS = 250;

let signedIn: Account | null = null;
let isRefused = false;

function admit(account: Account): Account {
  if (!account.is_staff) throw new HttpError(STAFF_ONLY, 403);
  signedIn = account;
  return account;
}

async function whoAmI(): Promise<Account> {
  return signedIn ?? admit(await request<Account>('GET', 'auth/me/'));
}

/** What the sign-in page needs to know; also sets the CSRF cookie, without which nobody can sign in. */
export function setupState(): Promise<components['schemas']['Setup']> {
  return request('GET', 'auth/setup/');
}

/** Who stands before the door: somebody of the chat, who may not come in, or nobody yet. */
export async function visitor(): Promise<Account | null> {
  try {
    return await request<Account>('GET', 'auth/me/');
  } catch (error) {
    if (error instanceof HttpError && error.status === 401) return null;
    throw error;
  }
}

export const authProvider: AuthProvider = {
  async login({ username, password }: { username: string; password: string }) {
    await setupState();
    const { user } = await request<{ user: Account }>('POST', 'auth/login/', {}, { username, password });
    try {
      admit(user);
    } catch (error) {
      await request('POST', 'auth/logout/');
      throw error;
    }
  },
  async logout() {
    if (signedIn === null) return;
    signedIn = null;
    await request('POST', 'auth/logout/').catch((error: unknown) => {
      // A login that is over already is what was asked for.
      if (!(error instanceof HttpError && error.status === 401)) throw error;
    });
  },
  // HAZARD: react-admin checks again at once after a refusal, until its router has left for the sign-in page. That is a
  // transition, which has to find time between two checks: without a pause it came after a thousand of them.
  async checkAuth() {
    if (isRefused && signedIn === null) await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS));
    try {
      await whoAmI();
      isRefused = false;
    } catch (error) {
      isRefused = true;
      // Not signed in is the ordinary way to arrive: no need to complain about it.
      if (error instanceof HttpError && error.status === 401) throw Object.assign(error, { message: false });
      throw error;
    }
  },
  async checkError({ status }: { status?: number }) {
    if (status !== 401 && status !== 403) return;
    signedIn = null;
    throw new HttpError(status === 403 ? STAFF_ONLY : 'ra.notification.logged_out', status);
  },
  async getIdentity(): Promise<UserIdentity> {
    const account = await whoAmI();
    return { id: account.id, fullName: account.display_name || account.username };
  },
  async getPermissions() {
    return (await whoAmI()).is_superuser ? 'superuser' : 'staff';
  },
};
