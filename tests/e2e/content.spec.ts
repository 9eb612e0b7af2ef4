/** What administrators open to other hosts: images of named origins in answers, and the chat in a frame of a named site. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type Page, test } from '@playwright/test';
import { ask, lastAnswer, more, openChat, saved, send, signInAsAdministrator, signUp, untilEnded } from './people';

test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}` });
const IMAGES = 'https://images.example';
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

async function setting(page: Page, name: string) {
  await page.goto('/admin/#/settings');
  return page.getByTestId(`setting-${name}`);
}

async function write(page: Page, name: string, text: string): Promise<void> {
  const field = (await setting(page, name)).getByRole('textbox');
  await field.fill(text);
  await field.press('Enter');
}

test.afterAll(async ({ browser, baseURL }) => {
  const page = await browser.newPage({ baseURL });
  await signInAsAdministrator(page);
  await send(page, 'PATCH', '/api/admin/settings/', { remote_images: null, image_origins: null, frame_origins: null });
  await page.close();
});

test('an image of a named origin is shown, others stay links, and none at all where that was chosen', async ({ page, browser, baseURL }) => {
  const loaded: string[] = [];
  await page.route(/images\.example|other\.example/, (route) => {
    loaded.push(new URL(route.request().url()).host);
    return route.fulfill({ contentType: 'image/png', body: DOT });
  });
  const keeper = await browser.newPage({ baseURL, locale: 'en-US' });
  await signInAsAdministrator(keeper);
  await signUp(page);
  await openChat(page, 40);
  await ask(page, 'Show me cats.');
  await untilEnded(page, /^complete$/);
  await more(lastAnswer(page), 'Edit the answer');
  await page
    .getByRole('textbox', { name: 'Edit the answer' })
    .fill(`![Cat](${IMAGES}/cat.png)\n\n![Dog](https://other.example/dog.png)`);
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  const cat = lastAnswer(page).getByRole('img', { name: 'Cat' });
  const links = lastAnswer(page).getByRole('link', { name: /Open the image at/ });
  await expect(links).toHaveCount(2);

  await write(keeper, 'image_origins', '*');
  await expect((await setting(keeper, 'image_origins')).getByText(/is no origin/)).toBeVisible();
  await saved(keeper, 'image_origins', () => write(keeper, 'image_origins', IMAGES));
  await (await setting(keeper, 'remote_images')).getByRole('combobox').click();
  await saved(keeper, 'remote_images', () => keeper.getByRole('option', { name: 'Shown, from the origins below' }).click());
  // The open page was told, but its policy is that of when it was loaded: the image stays a link.
  await expect(links).toHaveCount(2);
  expect(loaded).toEqual([]);
  await page.reload();
  await expect(cat).toBeVisible();
  await expect.poll(() => cat.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(1);
  await expect(links).toHaveCount(1);
  expect(new Set(loaded)).toEqual(new Set(['images.example']));

  await (await setting(keeper, 'remote_images')).getByRole('combobox').click();
  await keeper.getByRole('option', { name: 'Not even as a link' }).click();
  await expect(lastAnswer(page).getByText('Dog (other.example)')).toBeVisible();
  await expect(links).toHaveCount(0);
  await expect(cat).toHaveCount(0);
  await keeper.close();
});

test('only a named site shows the chat in a frame, and none the administration', async ({ page, browser, baseURL }) => {
  const keeper = await browser.newPage({ baseURL, locale: 'en-US' });
  await signInAsAdministrator(keeper);
  // A real site: Chromium lets no page of unknown origin frame one of this machine, whatever the policy says.
  const site = createServer((asked, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<iframe src="${baseURL}${asked.url}" width="900" height="700"></iframe>`);
  });
  await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
  const SITE = `http://localhost:${(site.address() as AddressInfo).port}`;
  const shown = async (path: string) => {
    await page.goto(`${SITE}${path}`);
    await page.waitForLoadState('networkidle');
    return page.frames().at(-1)?.url() === `${baseURL}${path}`; // else Chromium's own page of errors
  };
  expect(await shown('/login')).toBe(false);
  await write(keeper, 'frame_origins', SITE);
  await expect((await setting(keeper, 'frame_origins')).getByRole('textbox')).toHaveValue(SITE);
  await expect.poll(() => shown('/login'), { timeout: 20_000 }).toBe(true);
  expect(await shown('/admin/')).toBe(false);
  await send(keeper, 'PATCH', '/api/admin/settings/', { frame_origins: 'https://another.example' });
  await expect.poll(() => shown('/login')).toBe(false);
  await keeper.close();
  site.close();
});
