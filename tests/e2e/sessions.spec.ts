/** The list of conversations: search, folders, archive, several at once with undo, temporary chats, links, import, settings. */
import { expect, type Page, test } from '@playwright/test';
import { ask, composer, lastAnswer, limitAnswers, PASSWORD, send, sessionId, signUp, stop, stored, untilEnded, untilStreams } from './people';

const rows = (page: Page) => page.getByTestId('session');

async function make(page: Page, ...titles: string[]): Promise<number[]> {
  const ids = [];
  for (const title of titles) {
    const document = {
      format: 'maru.session',
      version: 1,
      session: { title },
      messages: [
        { key: 0, parent: null, role: 'user', content: `오늘날짜를 물었다: ${title}` },
        { key: 1, parent: 0, role: 'assistant', content: 'An answer.' },
      ],
      active_leaf: 1,
    };
    const made = (await send(page, 'POST', '/api/sessions/import/', document)) as { sessions: { id: number }[] };
    ids.push(made.sessions[0]?.id ?? 0);
  }
  return ids;
}

async function act(page: Page, title: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for “${title}”` }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('two syllables of a Korean word are found, and lead to the message', async ({ page }) => {
  await signUp(page);
  await make(page, 'About dates', 'Something else');
  await page.getByRole('textbox', { name: 'Search conversations' }).fill('날짜');
  await expect(page.getByTestId('hit')).toHaveCount(2);
  await expect(page.getByTestId('hit').first().locator('mark')).toHaveText('날짜');
  await page.getByTestId('hit').filter({ hasText: 'About dates' }).click();
  await expect(page.locator('[data-testid=message][data-role=user]')).toBeFocused();
});

test('folders, pins and the archive', async ({ page }) => {
  await signUp(page);
  await make(page, 'Alpha', 'Beta');
  await expect(rows(page)).toHaveCount(2);
  await act(page, 'Alpha', 'Move to a folder');
  await page.getByRole('combobox', { name: 'Folder' }).fill('Work');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await expect(rows(page)).toHaveCount(1);
  await page.getByTestId('folder').click();
  await expect(rows(page).filter({ hasText: 'Alpha' })).toBeVisible();
  await act(page, 'Beta', 'Pin');
  await expect(page.getByText('Pinned')).toBeVisible();
  await act(page, 'Beta', 'Archive');
  await expect(rows(page).filter({ hasText: 'Beta' })).toBeHidden();
  await page.getByRole('button', { name: 'Archive', exact: true }).click();
  await expect(rows(page).filter({ hasText: 'Beta' })).toBeVisible();
});

test('several are deleted at once, and come back', async ({ page }) => {
  await signUp(page);
  await make(page, 'One', 'Two', 'Three');
  await act(page, 'One', 'Select several');
  await page.getByRole('checkbox', { name: 'Two' }).click();
  await expect(page.getByRole('toolbar')).toContainText('2 selected');
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(rows(page)).toHaveCount(3);
});

test('a temporary chat is in no list, and gone when it is deleted', async ({ page }) => {
  await signUp(page);
  await page.getByRole('link', { name: 'Temporary chat' }).click();
  await expect(page.getByTestId('temporary')).toBeVisible();
  await composer(page).fill('Forget this.');
  await composer(page).press('Enter');
  await untilStreams(page);
  await stop(page);
  await expect(page.getByTestId('temporary')).toBeVisible();
  await expect(rows(page)).toHaveCount(0);
  const id = sessionId(page);
  await page.getByRole('button', { name: 'Delete now' }).click();
  await expect(page).toHaveURL('/');
  expect((await page.request.get(`/api/sessions/${id}/`)).status()).toBe(404);
});

test('a link shows a copy to a stranger, until it is revoked', async ({ page, browser }) => {
  const name = await signUp(page);
  await make(page, 'To be shared');
  await act(page, 'To be shared', 'Share by link');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const address = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  const stranger = await (await browser.newContext()).newPage();
  const answer = await stranger.goto(address);
  expect(answer?.headers()['x-robots-tag']).toContain('noindex');
  await expect(stranger.getByTestId('shared-message')).toHaveCount(2);
  await expect(stranger.locator('body')).not.toContainText(name);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByTestId('share')).toHaveCount(0);
  await stranger.reload();
  await expect(stranger.getByText('This link does not work')).toBeVisible();
  await stranger.context().close();
});

test('a ChatGPT export comes in with its branches', async ({ page }) => {
  await signUp(page);
  const node = (id: string, parent: string | null, children: string[], role?: string, text?: string) => ({
    id,
    parent,
    children,
    message: role ? { id, author: { role }, create_time: 1700000000, content: { content_type: 'text', parts: [text] } } : null,
  });
  const nodes = [
    node('root', null, ['q']),
    node('q', 'root', ['a1', 'a2'], 'user', 'Which floor?'),
    node('a1', 'q', [], 'assistant', 'The first.'),
    node('a2', 'q', [], 'assistant', 'The second.'),
  ];
  const conversation = {
    title: 'Floors',
    create_time: 1700000000,
    update_time: 1700000100,
    mapping: Object.fromEntries(nodes.map((one) => [one.id, one])),
    current_node: 'a2',
  };
  await page.goto('/settings/data');
  const buffer = Buffer.from(JSON.stringify([conversation]));
  await page.getByTestId('import-file').setInputFiles({ name: 'conversations.json', mimeType: 'application/json', buffer });
  await expect(page.getByText('1 conversation imported')).toBeVisible();
  await rows(page).filter({ hasText: 'Floors' }).getByRole('link').click();
  await expect(lastAnswer(page)).toContainText('The second.');
  await expect(lastAnswer(page).getByTestId('branch')).toContainText('2/2');
  await lastAnswer(page).getByRole('button', { name: 'Previous version' }).click();
  await expect(lastAnswer(page)).toContainText('The first.');
  expect(await stored(page, 'all')).toHaveLength(3);
});

test('an answer that ends elsewhere is marked, counted and not lost on reload', async ({ page, context }) => {
  await signUp(page);
  const { id } = (await send(page, 'POST', '/api/sessions/', {})) as { id: number };
  await page.goto(`/c/${id}`);
  await limitAnswers(page, 400); // it still runs when its page is left
  await ask(page, 'Short.');
  await page.getByRole('link', { name: 'New chat', exact: true }).first().click();
  await expect(page).toHaveTitle('(1) Maru', { timeout: 40_000 });
  await page.reload();
  await expect(page).toHaveTitle('(1) Maru');
  await rows(page).first().getByRole('link').click();
  await expect(page).not.toHaveTitle(/^\(/);
  await untilEnded(page, /complete|stopped|streaming/);
  expect(context.pages()).toHaveLength(1);
});

test('settings: a key is shown once; the other login ends; the account is erased', async ({ page, browser }) => {
  const name = await signUp(page);
  await page.goto('/settings/keys');
  await page.getByRole('textbox', { name: 'Name' }).fill('my script');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const key = await page.getByTestId('new-key').textContent();
  const asked = await page.request.get('/api/sessions/', { headers: { Authorization: `Bearer ${key}` } });
  expect(asked.status()).toBe(200);
  await page.reload();
  await expect(page.getByTestId('key')).toContainText('my script');
  await expect(page.locator('body')).not.toContainText(key ?? '-');
  await page.getByRole('button', { name: 'Revoke “my script”' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByTestId('key')).toHaveCount(0);

  const other = await (await browser.newContext()).newPage();
  await other.goto('/login');
  await other.getByLabel('Name or email').fill(name);
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(composer(other)).toBeVisible();
  await page.goto('/settings/logins');
  await expect(page.getByTestId('login')).toHaveCount(2);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByTestId('login')).toHaveCount(1);
  await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await other.context().close();

  await page.goto('/settings/profile');
  await page.getByRole('button', { name: 'Delete the account…' }).click();
  await page.getByLabel('Password', { exact: false }).last().fill(PASSWORD);
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});
