/** Everything that the administration can show, opened and looked at by axe: light and dark, wide in English and on a phone in Korean. */
import { resolve } from 'node:path';
import { test } from '@playwright/test';
import { signInAsAdministrator, signUp } from '../people';
import { adminSurfaces, furnish, type Furnished, guestSurfaces } from '../surfaces/admin';
import { expectComplete, walk } from '../surfaces/look';

const SRC = resolve(__dirname, '../../../frontend-admin/src');
const NOTHING: Furnished = { user: { id: 0, name: '' }, other: 0, session: 0, model: '', ask: async () => undefined };

test('the list names every source that opens something', () => {
  expectComplete(SRC, [...guestSurfaces(), ...adminSurfaces('en', NOTHING)]);
});

test('no surface has anything to complain of', async ({ browser, baseURL }) => {
  test.setTimeout(420_000);
  const house = { baseURL: baseURL ?? '' };
  const desktop = await browser.newContext({ ...house, locale: 'en-US', viewport: { width: 1280, height: 860 } });
  const small = await browser.newContext({ ...house, locale: 'ko-KR', viewport: { width: 390, height: 844 }, hasTouch: true });
  const guest = await (await browser.newContext(house)).newPage();
  const [page, phone] = [await desktop.newPage(), await small.newPage()];
  await walk(page, guestSurfaces(), 'desktop');
  await walk(phone, guestSurfaces(), 'phone');
  await signInAsAdministrator(page);
  const there = await furnish(page, guest, await signUp(guest, 'guest'));
  await small.addCookies(await desktop.cookies());
  await walk(page, adminSurfaces('en', there), 'desktop');
  await walk(phone, adminSurfaces('ko', there), 'phone');
  for (const context of [desktop, small, guest.context()]) await context.close();
});
