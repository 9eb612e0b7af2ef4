/** Everything that the chat can show, opened and looked at by axe: light and dark, wide in English and on a phone in Korean. */
import { resolve } from 'node:path';
import { type BrowserContextOptions, test } from '@playwright/test';
import { signInAsAdministrator, signUp } from './people';
import { sample } from './pictures/sample';
import { chatSurfaces, furnish, type Furnished, guestSurfaces } from './surfaces/chat';
import { expectComplete, walk } from './surfaces/look';

const SRC = resolve(__dirname, '../../frontend-chat/src');
const NOTHING: Furnished = { sample: 0, made: 0, shared: '' };
// The house whose engine reads out what it is told: its answers have sources.
const baseURL = `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}`;
test.use({ baseURL });

const SCREENS = {
  desktop: { locale: 'en-US', viewport: { width: 1280, height: 860 } },
  phone: { locale: 'ko-KR', viewport: { width: 390, height: 844 }, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;

test('the list names every source that opens something', () => {
  expectComplete(SRC, chatSurfaces('en-US', NOTHING));
});

test('no surface has anything to complain of', async ({ browser }) => {
  test.setTimeout(420_000);
  const contexts = { desktop: await browser.newContext({ ...SCREENS.desktop, baseURL }), phone: await browser.newContext({ ...SCREENS.phone, baseURL }) };
  const page = await contexts.desktop.newPage();
  const phone = await contexts.phone.newPage();
  await walk(page, guestSurfaces(), 'desktop');
  await walk(phone, guestSurfaces(), 'phone');
  await signUp(page, 'looker');
  const keeper = await (await browser.newContext({ baseURL })).newPage();
  await signInAsAdministrator(keeper);
  const there = await furnish(page, keeper, sample);
  await keeper.context().close();
  await contexts.phone.addCookies(await contexts.desktop.cookies());
  await walk(page, chatSurfaces('en-US', there), 'desktop');
  await walk(phone, chatSurfaces('ko-KR', there), 'phone');
  await contexts.desktop.close();
  await contexts.phone.close();
});
