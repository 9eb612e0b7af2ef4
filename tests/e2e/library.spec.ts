/** axe on the pages around the conversation and their dialogs, in Korean and in the dark: chatSurfaces.spec.ts looks at the same ones
    in English, in light and in the dark. */
import { expect, type Page, test } from '@playwright/test';
import { ask, lastAnswer, send, signUp, untilEnded } from './people';
import { expectAccessible } from './surfaces/look';
import { WORDS } from './words';

const words = WORDS['ko-KR'];

test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}`, locale: 'ko-KR', colorScheme: 'dark' });

async function furnish(page: Page): Promise<void> {
  const text = 'A parking permit costs forty crowns. 주차 이용료는 사만 냥입니다.';
  await send(page, 'POST', '/api/personas/', { name: 'Keeper', avatar: '🗝️', description: 'Keeps the keys.' });
  await send(page, 'POST', '/api/prompts/', { command: 'sum', title: 'Sum up', content: 'Sum up {{text}}' });
  await send(page, 'POST', '/api/memories/', { text: 'Likes short answers.' });
  await send(page, 'POST', '/api/collections/', { name: 'House' });
  const made = (await send(page, 'POST', '/api/documents/', { title: 'Garage', text })) as { id: number };
  await expect
    .poll(async () => ((await send(page, 'GET', `/api/documents/${made.id}/`)) as { status: string }).status, { timeout: 40_000 })
    .toBe('ready');
}

test('pages and dialogs without violations', async ({ page }) => {
  test.setTimeout(240_000);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto('/register');
  await expect(page.locator('input[name=username]')).toBeVisible();
  await expectAccessible(page, 'register, or setup');
  await signUp(page);
  await furnish(page);
  const dialog = page.getByRole('dialog');
  const opened = async (path: string, button: string, what: string) => {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
    await expectAccessible(page, path);
    await page.getByRole('button', { name: button, exact: true }).click();
    await expect(dialog).toBeVisible();
    await expectAccessible(page, what);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  };
  await opened('/personas', words.personas.new, 'persona editor');
  await opened('/prompts', words.library.new, 'prompt editor');
  await opened('/memory', words.memory.new, 'memory dialog');
  await page.getByRole('button', { name: words.memory.forgetAll }).click();
  await expect(dialog).toBeVisible();
  await expectAccessible(page, 'forget everything?');
  await page.keyboard.press('Escape');
  await opened('/documents', words.documents.paste, 'paste a text');
  await page.getByRole('textbox', { name: words.documents.search }).fill('forty crowns');
  await page.getByRole('list', { name: words.documents.found }).getByRole('button').first().click();
  await expect(page.getByRole('region', { name: words.sources.passage })).toBeVisible();
  await expectAccessible(page, 'passage');
  await page.keyboard.press('Escape');
  await page.goto('/');
  await page.getByTestId('file-input').setInputFiles({ name: 'a.md', mimeType: 'text/markdown', buffer: Buffer.from('# A') });
  await page.getByTestId('file-input').setInputFiles({ name: 'b.exe', mimeType: '', buffer: Buffer.from('MZ') });
  await expect(page.locator('[data-testid=attachment][data-state=ready]')).toBeVisible({ timeout: 40_000 });
  await expect(page.locator('[data-testid=attachment][data-state=failed]')).toBeVisible();
  await expectAccessible(page, 'attachments');
  await ask(page, 'What does a parking permit cost?');
  await untilEnded(page);
  await expectAccessible(page, 'an answer with memories');
  await lastAnswer(page).getByRole('button', { name: words.chat.more, exact: true }).click();
  await page.getByRole('menuitem', { name: words.answer.explain }).click();
  await expect(page.getByText(words.answer.made)).toBeVisible();
  await expectAccessible(page, 'what shaped this answer');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: words.settings.open }).click();
  await expect(page.getByRole('combobox', { name: words.documents.title })).toBeVisible();
  await expectAccessible(page, 'settings of the conversation');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: new RegExp(`^${words.settings.account}:`) }).click();
  await expect(dialog).toBeVisible();
  await expectAccessible(page, 'account');
});
