/** An administrator looks after models and engines without a terminal, in both languages; what he may not read he does not see. */
import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { send, signInAsAdministrator } from '../people';
import { expectAccessible, WCAG } from '../surfaces/look';

const STARTER = resolve(__dirname, '../../../models/starter/starter.gguf');
const PICTURES = resolve(__dirname, '../../../test-results/shelf-pictures');
let page: Page;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext()).newPage();
  await signInAsAdministrator(page);
});

async function open(page: Page, name: string, language = 'en') {
  await page.evaluate((to) => localStorage.setItem('maru.language', to), language);
  await page.goto(`/admin/#/${name}`);
  await page.reload();
}

async function look(page: Page) {
  await expect(page.getByRole('listbox')).toHaveCount(0); // one that closes is pale
  await expectAccessible(page, page.url(), { tags: WCAG });
}

async function pictures(page: Page, name: string) {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${PICTURES}/${name}-phone.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 900 });
}

test('a model comes in by upload, is loaded, measured, set up, made default and deleted', async () => {
  await open(page, 'models');
  await expect(page.getByRole('link', { name: 'babble', exact: true })).toBeVisible();
  await page.getByRole('tab', { name: 'Upload' }).click();
  await page.locator('input[type=file]').setInputFiles({
    name: 'wrong.gguf',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('<html>'.repeat(100)),
  });
  await expect(page.getByText('“wrong” cannot be used', { exact: false })).toBeVisible();
  await page.locator('input[type=file]').setInputFiles({
    name: 'small.gguf',
    mimeType: 'application/octet-stream',
    buffer: readFileSync(STARTER),
  });
  const row = page.getByRole('row', { name: /small/ });
  await expect(row).toBeVisible({ timeout: 60_000 });
  await row.getByRole('button', { name: 'Load' }).click();
  await expect(row.getByText('Idle')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('tab', { name: 'From a hub' }).click();
  await look(page);
  await pictures(page, 'models-en');

  await row.getByRole('link', { name: 'small' }).click();
  await page.getByRole('button', { name: 'Measure now' }).click();
  await expect(page.getByText(/tokens\/s/).first()).toBeVisible({ timeout: 60_000 });
  const message = page.getByLabel('A message to try');
  await message.fill('What is the capital of Korea?');
  await expect(page.getByLabel('Rendered prompt')).toContainText('capital of Korea');
  await page.getByRole('combobox', { name: 'Chat template' }).click();
  await page.getByRole('option', { name: 'chatml' }).click();
  await expect(page.getByLabel('Rendered prompt')).toContainText('<|im_start|>user');
  await look(page);
  await pictures(page, 'model-en');
  await page.getByLabel('Context (tokens)').fill('512');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.', { exact: false })).toBeVisible();
  await page.getByLabel('Context (tokens)').fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('must be a whole number', { exact: false })).toBeVisible();

  await page.getByRole('link', { name: 'All models' }).click();
  await row.getByRole('button', { name: 'Make default' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(row.getByText('Default', { exact: true })).toBeVisible();
  await row.getByRole('link', { name: 'small' }).click();
  await page.getByRole('button', { name: 'Delete the file' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('link', { name: 'babble', exact: true })).toBeVisible();
  await expect(row).toHaveCount(0);
});

test('the hub is off until it is turned on, and a recommended model fills the form', async () => {
  await open(page, 'models', 'ko');
  await expect(page.getByText('모델 내려받기가 꺼져 있습니다', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: '켜기' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '확인' }).click();
  await page.getByRole('button', { name: /^선택: Qwen3-4B/ }).click();
  await expect(page.getByLabel('저장소', { exact: false })).toHaveValue('Qwen/Qwen3-4B-GGUF');
  await look(page);
  await pictures(page, 'models-ko');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.evaluate(() => localStorage.setItem('maru.admin.theme', '"dark"'));
  await page.reload();
  await expect(page.getByRole('link', { name: 'babble', exact: true })).toBeVisible();
  await look(page);
  await pictures(page, 'models-ko-dark');
});

test('an engine is added, tested, drained and removed; a token is shown once', async () => {
  await open(page, 'engines');
  await expect(page.getByRole('heading', { name: 'local' })).toBeVisible();
  await page.getByRole('button', { name: 'Test request' }).click();
  await expect(page.getByText(/babble: \d+ tokens/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Add an engine' }).click();
  await page.getByLabel('Base URL').fill('https://engine.invalid/v1');
  await page.getByLabel('Name (host:port if empty)').fill('far');
  await page.getByLabel('Key', { exact: true }).fill('sk-secret');
  await page.getByRole('button', { name: 'Save' }).click();
  const far = page.getByRole('region', { name: 'far' });
  await expect(far.getByText('key set', { exact: false })).toBeVisible();
  await far.getByRole('button', { name: 'Test request' }).click();
  await expect(far.getByText('not reachable', { exact: false }).first()).toBeVisible({ timeout: 60_000 });
  await page.getByLabel('For whom').fill('rack');
  await page.getByRole('button', { name: 'New token' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox')).toHaveValue(/^maru-engine-/);
  await page.getByRole('button', { name: 'Close' }).click();
  await look(page);
  await pictures(page, 'engines-en');
  await far.getByRole('button', { name: 'Drain' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(far.getByRole('button', { name: 'Use again' })).toBeVisible();
  await open(page, 'engines', 'ko');
  await expect(page.getByRole('heading', { name: '스스로 참여하는 엔진' })).toBeVisible();
  await look(page);
  await pictures(page, 'engines-ko');
  await page.getByRole('region', { name: 'far' }).getByRole('button', { name: '제거' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '확인' }).click();
  await expect(page.getByRole('region', { name: 'far' })).toHaveCount(0);
});

test('a rating is a figure until its owner shares it', async () => {
  const session = (await send(page, 'POST', '/api/sessions/', {})) as { id: number };
  const path = `/api/sessions/${session.id}/messages/`;
  await send(page, 'PATCH', `/api/sessions/${session.id}/config/`, { max_tokens: 12 });
  const asked = (await send(page, 'POST', path, { content: 'a rated question', wait: true })) as { reply: { id: number } };
  await send(page, 'POST', `/api/messages/${asked.reply.id}/feedback/`, { value: 1, note: 'well said' });
  await open(page, 'feedback');
  await expect(page.getByText('Not shared by its owner')).toBeVisible();
  await expect(page.getByText('a rated question')).toHaveCount(0);
  await send(page, 'PATCH', '/api/auth/me/', { shares_ratings: true });
  await page.reload();
  await expect(page.getByText('a rated question')).toBeVisible();
  await look(page);
  await pictures(page, 'feedback-en');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Conversations (chat format)' }).click();
  const line = JSON.parse(readFileSync(await (await saved).path(), 'utf-8').trim()) as { messages: { content: string }[] };
  expect(line.messages[0]?.content).toBe('a rated question');
  await open(page, 'feedback', 'ko');
  await expect(page.getByRole('heading', { name: '학습 데이터' })).toBeVisible();
  await look(page);
  await pictures(page, 'feedback-ko');
});
