/** Everything that the chat can show, opened and looked at by axe: light and dark, wide in English and on a phone in Korean. */
import { resolve } from 'node:path';
import { type Cookie, test } from '@playwright/test';
import { signInAsAdministrator, signUp } from './people';
import { sample } from './pictures/sample';
import { chatSurfaces, furnish, type Furnished, guestSurfaces } from './surfaces/chat';
import { expectComplete, RUNS_ALL, SCREENS, walk } from './surfaces/look';

const SRC = resolve(__dirname, '../../frontend-chat/src');
const NOTHING: Furnished = { sample: 0, made: 0, compared: 0, pictured: 0, shared: '' };
// The house whose engine reads out what it is told: its answers have sources.
const baseURL = `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}`;
let there = NOTHING;
let cookies: Cookie[] = [];

test('the list names every source that opens something', () => {
  expectComplete(SRC, chatSurfaces('en-US', NOTHING));
});

test.describe('nothing to complain of', () => {
  test.beforeAll(async ({ browser }) => {
    test.setTimeout(120_000);
    const [own, house] = [await browser.newContext({ baseURL }), await browser.newContext({ baseURL })];
    const [page, keeper] = [await own.newPage(), await house.newPage()];
    await signUp(page, 'looker');
    await signInAsAdministrator(keeper);
    there = await furnish(page, keeper, sample);
    cookies = await own.cookies();
    await own.close();
    await house.close();
  });

  for (const screen of ['desktop', 'phone'] as const) {
    test(screen, async ({ browser }) => {
      test.skip(screen === 'phone' && !RUNS_ALL, 'E2E_SURFACES=all');
      test.setTimeout(600_000);
      const context = await browser.newContext({ ...SCREENS[screen], baseURL });
      const page = await context.newPage();
      await walk(page, guestSurfaces(), screen);
      await context.addCookies(cookies);
      await walk(page, chatSurfaces(SCREENS[screen].locale, there), screen);
      await context.close();
    });
  }
});
