/** Everything that the administration can show, opened and looked at by axe: light and dark, wide in English and on a phone in Korean. */
import { resolve } from 'node:path';
import { type BrowserContext, type Cookie, test } from '@playwright/test';
import { signInAsAdministrator, signUp } from '../people';
import { adminSurfaces, furnish, type Furnished, guestSurfaces } from '../surfaces/admin';
import { expectComplete, RUNS_ALL, SCREENS, walk } from '../surfaces/look';

const SRC = resolve(__dirname, '../../../frontend-admin/src');
const NOTHING: Furnished = { user: { id: 0, name: '' }, other: 0, session: 0, model: '', ask: async () => undefined };
let there = NOTHING;
let cookies: Cookie[] = [];
let guest: BrowserContext;

test('the list names every source that opens something', () => {
  expectComplete(SRC, [...guestSurfaces(), ...adminSurfaces('en', NOTHING)]);
});

test.describe('nothing to complain of', () => {
  test.skip(!RUNS_ALL, 'E2E_SURFACES=all');

  test.beforeAll(async ({ browser, baseURL }) => {
    const house = await browser.newContext({ baseURL: baseURL ?? '' });
    guest = await browser.newContext({ baseURL: baseURL ?? '' });
    const [page, chat] = [await house.newPage(), await guest.newPage()];
    await signInAsAdministrator(page);
    there = await furnish(page, chat, await signUp(chat, 'guest'));
    cookies = await house.cookies();
    await house.close();
  });

  test.afterAll(() => guest.close());

  for (const screen of ['desktop', 'phone'] as const) {
    test(screen, async ({ browser, baseURL }) => {
      test.setTimeout(900_000);
      const context = await browser.newContext({ ...SCREENS[screen], baseURL: baseURL ?? '' });
      const page = await context.newPage();
      await walk(page, guestSurfaces(), screen);
      await context.addCookies(cookies);
      await walk(page, adminSurfaces(screen === 'phone' ? 'ko' : 'en', there), screen);
      await context.close();
    });
  }
});
