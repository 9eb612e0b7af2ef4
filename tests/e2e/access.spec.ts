/** axe on every page and dialog of the chat, light and dark: no violations of WCAG 2.2 AA. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { lastAnswer, more, send, signUp } from './people';
import { sample } from './pictures/sample';

test.use({
  baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}`,
});

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function check(page: Page, what: string): Promise<void> {
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))),
  );
  const axe = new AxeBuilder({ page }).withTags(TAGS);
  // An open menu lies over the page, outside of its landmarks, while nothing else can be reached.
  if (await page.getByRole('menu').isVisible()) axe.disableRules(['region']);
  const { violations } = await axe.analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
  expect.soft(told, what).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing to complain of, ${colorScheme}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto('/login');
    await expect(page.getByRole('button').first()).toBeVisible();
    await check(page, 'sign in');
    await signUp(page);
    await check(page, 'new chat');
    const body = (await send(page, 'POST', '/api/sessions/import/', sample)) as { sessions: { id: number }[] };
    await page.goto(`/c/${body.sessions[0]?.id}`);
    await expect(lastAnswer(page).getByTestId('diagram')).toBeVisible();
    await check(page, 'conversation');

    await lastAnswer(page).getByRole('button', { name: 'More', exact: true }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await check(page, 'menu of an answer');
    await page.keyboard.press('Escape');
    await lastAnswer(page).getByRole('button', { name: 'Answer again with…' }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await check(page, 'menu of answering again');
    await page.keyboard.press('Escape');
    await lastAnswer(page).getByRole('button', { name: 'Bad answer' }).click();
    await expect(page.getByRole('textbox', { name: 'Note on this answer' })).toBeVisible();
    await check(page, 'note');
    await page.keyboard.press('Escape');
    await more(lastAnswer(page), 'Edit the answer');
    await check(page, 'editing');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Settings of this conversation' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await check(page, 'settings of the conversation');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Model:/ }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await check(page, 'choice of the model');
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Conversation', exact: true }).focus();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    await check(page, 'shortcuts');
    await page.goto('/not-found');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await check(page, 'not found');
  });
}
