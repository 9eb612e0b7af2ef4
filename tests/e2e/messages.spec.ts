/** What can be done with messages, and what is told of them. Against the echo engine's house: its Markdown is long and always the same. */
import { expect, type Page, test } from '@playwright/test';
import { ask, composer, lastAnswer, limitAnswers, more, openChat, send, signUp, stored, untilEnded } from './people';
import { sample } from './pictures/sample';

test.use({
  baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}`,
});

interface Detail {
  feedback: number;
  feedback_note: string;
  metadata: { seed: number; model_params: Record<string, unknown> };
}

async function answered(page: Page): Promise<void> {
  await signUp(page);
  await openChat(page, 40);
  await ask(page, 'How is a floor laid?');
  await untilEnded(page, /^complete$/);
  await limitAnswers(page, 190);
  await ask(page, 'And shorter?');
  await untilEnded(page, /^complete$/);
}

async function detail(page: Page): Promise<Detail> {
  const id = await lastAnswer(page).getAttribute('data-message-id');
  return (await send(page, 'GET', `/api/messages/${id}/`)) as Detail;
}

async function openSample(page: Page): Promise<void> {
  await signUp(page);
  const body = (await send(page, 'POST', '/api/sessions/import/', sample)) as {
    sessions: { id: number }[];
  };
  await page.goto(`/c/${body.sessions[0]?.id}`);
  await expect(lastAnswer(page)).toBeVisible();
}

test('another temperature, then the same seed again: each answer stays beside the others', async ({ page }) => {
  await answered(page);
  await lastAnswer(page).getByRole('button', { name: 'Answer again with…' }).click();
  await page.getByRole('menuitem', { name: /More careful/ }).click();
  await expect(lastAnswer(page).getByTestId('branch')).toContainText('2/2');
  await untilEnded(page, /^complete$/);
  const careful = await detail(page);
  expect(careful.metadata.model_params.temperature).toBe(0.2);
  await more(lastAnswer(page), 'Run again with the same seed');
  await expect(lastAnswer(page).getByTestId('branch')).toContainText('3/3');
  await untilEnded(page, /^complete$/);
  const again = await detail(page);
  expect(again.metadata.seed).toBe(careful.metadata.seed);
  expect(again.metadata.model_params.temperature).toBe(0.2);
});

test('what shaped an answer can be looked at, the prompt included', async ({ page }) => {
  await answered(page);
  await expect(page.getByTestId('context-gauge')).toBeVisible();
  const { metadata } = await detail(page);
  await more(lastAnswer(page), 'What shaped this answer');
  const panel = page.getByRole('dialog', { name: 'What shaped this answer' });
  await expect(panel.getByRole('button', { name: `Copy the seed: ${metadata.seed}` })).toBeVisible();
  await panel.getByText('The prompt as the model got it').click();
  await expect(panel.getByTestId('rendered-prompt')).toContainText('And shorter?');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
});

test('an answer is edited as a new version; the old one stays', async ({ page }) => {
  await answered(page);
  await more(lastAnswer(page), 'Edit the answer');
  await page.getByRole('textbox', { name: 'Edit the answer' }).fill('Better **said**.');
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(lastAnswer(page)).toContainText('Better said.');
  await expect(lastAnswer(page).getByTestId('branch')).toContainText('2/2');
  expect((await stored(page)).at(-1)?.content).toBe('Better **said**.');
});

test('a word on why an answer was bad is stored', async ({ page }) => {
  await answered(page);
  await lastAnswer(page).getByRole('button', { name: 'Bad answer' }).click();
  await page.getByRole('textbox', { name: 'Note on this answer' }).fill('너무 길어요');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('The note is stored.')).toBeVisible();
  expect(await detail(page)).toMatchObject({
    feedback: -1,
    feedback_note: '너무 길어요',
  });
});

test('code is wrapped, downloaded under a fitting name', async ({ page }) => {
  await openSample(page);
  await expect(lastAnswer(page).getByTestId('diagram')).toBeVisible();
  const code = page.getByTestId('code-block').filter({ hasText: 'python' }).first();
  await code.scrollIntoViewIfNeeded();
  const wrap = code.getByRole('button', { name: 'Wrap long lines' });
  await wrap.click();
  await expect(wrap).toHaveAttribute('aria-pressed', 'true');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    code.getByRole('button', { name: 'Download the code' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('code.py');
});

test('a diagram is drawn as a picture, formulas are set, and nothing breaks the policy or leaves the house', async ({
  page,
}) => {
  const broken: string[] = [];
  const outside: string[] = [];
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && broken.push(message.text()));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1') outside.push(url.href);
  });
  await openSample(page);
  const picture = lastAnswer(page).getByTestId('diagram').locator('img');
  await expect(picture).toHaveAttribute('src', /^blob:/);
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(50);
  await expect(lastAnswer(page).locator('.katex').first()).toBeVisible();
  await expect(lastAnswer(page).getByTestId('reasoning')).toBeVisible();
  expect(broken).toEqual([]);
  expect(outside).toEqual([]);
});

test('everything by keyboard: the list of keys, from message to message, stop', async ({ page }) => {
  await answered(page);
  await page.getByRole('region', { name: 'Conversation', exact: true }).focus();
  await page.keyboard.press('?');
  const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(shortcuts).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(shortcuts).toBeHidden();
  await page.getByRole('region', { name: 'Conversation', exact: true }).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(lastAnswer(page)).toBeFocused();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page.locator('[data-testid=message][data-role=user]').last()).toBeFocused();
  await limitAnswers(page, 4000);
  await composer(page).fill('A long one.');
  await composer(page).press('Enter');
  await expect(lastAnswer(page)).toHaveAttribute('data-status', 'streaming');
  await page.keyboard.press('Control+.');
  await untilEnded(page, /^stopped$/);
});

test('a screen reader hears that an answer begins and how it ended', async ({ page }) => {
  await answered(page);
  const words = page.getByRole('status').filter({ hasText: 'Maru' });
  await limitAnswers(page, 1200); // eight seconds in which it is told
  await composer(page).fill('Once more.');
  await composer(page).press('Enter');
  await expect(words).toHaveText('Maru is answering.');
  await untilEnded(page, /^complete$/);
  await expect(words).toContainText('Maru has answered:');
  expect((await stored(page)).filter((row) => row.role === 'assistant')).toHaveLength(3);
});
