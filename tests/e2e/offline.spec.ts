/** Without a line: what was read stays readable after a reload, what is sent goes out once, and nothing stays when one signs out. */
import { expect, type Page, test } from '@playwright/test';
import { answers, ask, composer, lastAnswer, sessionId, signUp, signUpByHand, stored, untilEnded } from './people';
import { LOCALES, WORDS } from './words';

test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}` });

/** Keys of what the device keeps. */
function keptKeys(page: Page): Promise<string[]> {
  return page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open('maru-kept', 1);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const names = [...opening.result.objectStoreNames];
          if (!names.includes('rows')) return resolve([]);
          const all = opening.result.transaction('rows').objectStore('rows').getAllKeys();
          all.onsuccess = () => resolve(all.result as string[]);
        };
      }),
  );
}

for (const locale of LOCALES) {
  const words = WORDS[locale];
  test.describe(locale, () => {
    test.use({ locale });

    test('a conversation is read after a reload, and a message goes out once', async ({ page, context }) => {
      await signUp(page);
      await ask(page, 'First.');
      await untilEnded(page, /^complete$/);
      const id = sessionId(page);
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await expect.poll(() => keptKeys(page), { timeout: 20_000 }).toContain(`chat:${id}`);
      await page.reload(); // now the worker has seen every file of the page
      await expect(lastAnswer(page)).toContainText('I was told nothing.');
      await expect(page.getByTestId('session')).toHaveCount(1); // only what was loaded is kept
      await page.waitForLoadState('networkidle');

      await context.setOffline(true);
      await page.reload();
      await expect(lastAnswer(page)).toContainText('I was told nothing.', { timeout: 20_000 });
      await expect(page.getByTestId('line-banner')).toContainText(words.line.kept);
      await expect(page.getByTestId('session')).toHaveCount(1);
      await composer(page).fill('Second.');
      await composer(page).press('Enter');
      await expect(page.getByTestId('pending-message')).toHaveCount(1);

      await context.setOffline(false);
      await expect(answers(page)).toHaveCount(2, { timeout: 30_000 });
      await untilEnded(page, /^complete$/);
      const questions = (await stored(page)).filter((row) => row.role === 'user');
      expect(questions.map((row) => row.content)).toEqual(['First.', 'Second.']);
    });
  });
}

test('nothing of a temporary chat is kept, and nothing at all after signing out', async ({ page }) => {
  await signUp(page);
  await page.getByRole('link', { name: 'Temporary chat' }).click();
  await expect(page.getByTestId('temporary')).toBeVisible();
  await ask(page, 'Forget this.');
  await untilEnded(page, /^complete$/);
  const temporary = sessionId(page);
  await page.getByRole('link', { name: 'New chat', exact: true }).first().click();
  await expect(page.getByTestId('temporary')).toHaveCount(0);
  await expect(answers(page)).toHaveCount(0);
  await ask(page, 'Keep this.');
  await untilEnded(page, /^complete$/);
  const id = sessionId(page);
  await expect.poll(() => keptKeys(page), { timeout: 20_000 }).toContain(`chat:${id}`);
  expect(await keptKeys(page)).not.toContain(`chat:${temporary}`);
  await page.getByRole('button', { name: /^Account:/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect.poll(() => keptKeys(page)).toEqual([]);
  const cached = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  expect(cached.filter((path) => path.startsWith('/api'))).toEqual([]);
});

test('a new version waits until somebody wants it', async ({ page }) => {
  let version = 'one';
  await page.context().route('**/sw.js', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\n// ${version}` });
  });
  await signUp(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await expect(page.getByText('A new version of Maru is ready.')).toBeHidden();
  version = 'two';
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
  await expect(page.getByText('A new version of Maru is ready.')).toBeVisible();
  await composer(page).fill('still here');
  const reloaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Load it' }).click();
  await reloaded;
  await expect(composer(page)).toHaveValue('still here');
});

test('a browser that keeps nothing for this site chats all the same', async ({ page }) => {
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('blocked', 'SecurityError');
    };
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(globalThis, name, { get: refuse });
    }
  });
  await signUpByHand(page);
  await ask(page, 'First.');
  await untilEnded(page, /^complete$/);
  await expect(lastAnswer(page)).toContainText('I was told nothing.');
});
