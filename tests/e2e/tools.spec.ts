/** A tool from the dashboard to the answer: an administrator adds a server, a user is asked, two tabs show the same. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { composer, lastAnswer, send, signInAsAdministrator, signUp } from './people';
import { look } from './surfaces/look';

const port = Number(process.env.E2E_PORT ?? 8123);
const toolPort = port + 7;
const vaultPort = port + 8; // asks for a sign-in, and so does the next, which registers nobody
test.use({ baseURL: `http://127.0.0.1:${port + 1}` });

const ADD = '!call hall__add {"a": 2, "b": 40}';
const NOTE = '!call hall__note {"text": "오늘 마루를 닦았다"}';
let servers: ChildProcess[];

test.beforeAll(async () => {
  const python = process.env.E2E_PYTHON ?? '.venv/bin/python';
  const cwd = resolve(__dirname, '../..');
  servers = [
    ['server', String(toolPort)],
    ['sign_in_server', String(vaultPort)],
    ['sign_in_server', String(vaultPort + 1), 'closed'],
  ].map(([name, ...rest]) => spawn(python, ['-m', `backend.mcp.tests.${name}`, ...rest], { cwd }));
  for (const at of [toolPort, vaultPort, vaultPort + 1]) {
    await expect
      .poll(() => fetch(`http://127.0.0.1:${at}/mcp`).then(() => true, () => false), { timeout: 30_000 })
      .toBe(true);
  }
});

test.afterAll(() => servers.forEach((server) => server.kill()));

async function askWithTools(page: Page, text: string): Promise<void> {
  await page.getByTestId('tools-switch').click();
  await expect(page.getByTestId('tools-notice')).toBeVisible();
  await composer(page).fill(text);
  await page.keyboard.press('Enter');
}

test('a server is added, its tools are seen, one is marked as safe', async ({ page }) => {
  await signInAsAdministrator(page);
  await page.goto('/admin/#/tools');
  await page.getByRole('button', { name: 'Add a tool server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Name/).fill('hall');
  await dialog.getByLabel(/^Address/).fill(`http://127.0.0.1:${toolPort}/mcp`);
  await look(page, 'tools-dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const card = page.getByTestId('tool-server');
  await expect(card).toContainText('address_refused');
  await card.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel(/Its address may be of this machine/).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await card.getByRole('button', { name: 'Look again' }).click();
  await expect(card.getByTestId('tool')).toHaveCount(3);
  await card.getByRole('switch', { name: 'add: Safe: do not ask the user' }).click();
  await expect(card.getByRole('switch', { name: 'add: Safe: do not ask the user' })).toBeChecked();
  await look(page, 'tools-servers');
  await page.emulateMedia({ colorScheme: 'dark' });
  await send(page, 'PATCH', '/api/admin/settings/', { tools: true });
  await page.evaluate(() => localStorage.setItem('maru.language', 'ko'));
  await page.reload();
  await expect(page.getByTestId('tool')).toHaveCount(3);
  await look(page, 'tools-servers-ko');
});

test('the user is asked, in both tabs, and the answer goes on with what the tool said', async ({ page, context }) => {
  await signUp(page, 'tooler');
  await askWithTools(page, NOTE);
  const question = page.getByTestId('tool-question');
  await expect(question).toContainText('hall · note');
  await expect(question).toContainText('"text": "오늘 마루를 닦았다"');
  await look(page, 'tools-question');
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByTestId('tool-question')).toBeVisible();
  await other.getByRole('button', { name: 'Allow once' }).click();
  await expect(question).toBeHidden();
  for (const tab of [page, other]) await expect(lastAnswer(tab)).toContainText('written down');
  await other.close();
  const folded = lastAnswer(page).getByTestId('tool-call');
  await expect(folded).toHaveAttribute('data-state', 'done');
  await folded.locator('summary').click();
  await expect(folded).toContainText('Written by the tool');
  await look(page, 'tools-done');
  await page.reload();
  await expect(lastAnswer(page).getByTestId('tool-call')).toContainText('was used');
});

test('what is refused is not called, a safe tool asks nobody, a question outlives a reload', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.addInitScript(() => localStorage.setItem('maru.language', 'ko'));
  await page.goto('/register');
  await page.locator('input[name=username]').fill(`koreaner${Date.now() % 1_000_000}`);
  await page.locator('input[name=password]').fill('an-unlikely-pass-9');
  await page.locator('form button[type=submit]').click();
  await askWithTools(page, NOTE);
  await expect(page.getByTestId('tool-question')).toBeVisible();
  await page.reload();
  await look(page, 'tools-question-ko');
  await page.getByRole('button', { name: '거절' }).click();
  await expect(lastAnswer(page).getByTestId('tool-call')).toHaveAttribute('data-state', 'refused');
  await askWithTools(page, ADD);
  await expect(lastAnswer(page)).toContainText('42');
  await expect(page.getByTestId('tool-question')).toHaveCount(0);
  await look(page, 'tools-done-ko');
});

async function addServer(page: Page, name: string, at: number): Promise<void> {
  await page.getByRole('button', { name: 'Add a tool server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Name/).fill(name);
  await dialog.getByLabel(/^Address/).fill(`http://127.0.0.1:${at}/mcp`);
  await dialog.getByLabel(/Its address may be of this machine/).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
}

test('Maru is signed in at a server that asks for it, and out again', async ({ page }) => {
  await signInAsAdministrator(page);
  await page.goto('/admin/#/tools');
  await addServer(page, 'vault', vaultPort);
  const card = page.getByRole('region', { name: 'vault' });
  await expect(card).toContainText('asks for a sign-in');
  await look(page, 'tools-sign-in-needed');
  await card.getByRole('button', { name: 'Connect' }).click();
  await page.getByRole('link', { name: 'Deny' }).click();
  await expect(page.getByText('vault is not connected: the provider was told no.')).toBeVisible();
  await expect(card.getByTestId('sign-in')).toHaveText('Refused');
  await look(page, 'tools-sign-in-refused');
  await card.getByRole('button', { name: 'Connect again' }).click();
  await page.getByRole('link', { name: 'Allow' }).click();
  await expect(page.getByText('vault is connected.')).toBeVisible();
  await expect(card.getByTestId('sign-in')).toHaveText('Connected');
  await expect(card.getByTestId('tool')).toHaveCount(3);
  await look(page, 'tools-sign-in-connected');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.evaluate(() => localStorage.setItem('maru.language', 'ko'));
  await page.reload();
  await expect(card.getByTestId('sign-in')).toHaveText('연결됨');
  await look(page, 'tools-sign-in-connected-ko');
  await card.getByRole('button', { name: '연결 해제' }).click();
  await look(page, 'tools-sign-in-leave-ko');
  await page.getByRole('dialog').getByRole('button', { name: '확인' }).click();
  await expect(page.getByText('제공자가 토큰을 폐기했습니다')).toBeVisible();
  await expect(card.getByTestId('sign-in')).toHaveCount(0);
  await expect(card.getByRole('button', { name: '연결' })).toBeVisible();
});

test('a provider that registers nobody is told of a client of its own', async ({ page }) => {
  await signInAsAdministrator(page);
  await page.goto('/admin/#/tools');
  await addServer(page, 'closed', vaultPort + 1);
  await page.getByRole('region', { name: 'closed' }).getByRole('button', { name: 'Connect' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('/api/admin/tool-servers/connected/');
  await look(page, 'tools-sign-in-client');
  await dialog.getByLabel(/^Client ID/).fill('of-no-use');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByText('unknown client')).toBeVisible();
});
