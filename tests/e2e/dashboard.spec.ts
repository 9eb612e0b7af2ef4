/** The dashboard's pages: what an administrator does on each, what staff may not, and axe on all of them. */
import { mkdirSync } from 'node:fs';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { ask, lastAnswer, limitAnswers, send, sessionId, signInAsAdministrator, signUp, untilEnded } from './people';
import { expectAccessible, WCAG } from './surfaces/look';

// The echo engine's house, which has an administrator.
test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}` });

const SECRET = 'what only its owner should read';
const WHY = 'A court order, case 12';
/** Pages by their place, with the heading of each language. */
const PAGES: Record<string, [string, string]> = {
  statistics: ['Statistics', '통계'],
  ranking: ['Ranking', '순위'],
  users: ['Users', '사용자'],
  sessions: ['Conversations', '대화'],
  models: ['Models', '모델'],
  engines: ['Engines', '엔진'],
  documents: ['Documents', '문서'],
  personas: ['Personas', '페르소나'],
  prompts: ['Prompts', '프롬프트'],
  feedback: ['Feedback', '평가'],
  audit: ['Audit log', '감사 기록'],
  moderation: ['Moderation', '내용 규칙'],
  tools: ['Tools', '도구'],
  settings: ['Settings', '설정'],
  memory: ['Memory', '기억'],
  backups: ['Backups', '백업'],
  storage: ['Storage', '저장 공간'],
};

async function go(page: Page, place: string): Promise<void> {
  await page.goto(`/admin/#/${place}`);
  await expect(page.locator('.RaLayout-content')).not.toBeEmpty();
  await page.waitForLoadState('networkidle');
}

/** Also what turns until the page has come has gone. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
}

async function axe(page: Page, what: string): Promise<void> {
  await settled(page);
  await expectAccessible(page, what, { tags: WCAG });
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.E2E_SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await settled(page);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** Somebody with one conversation in which a secret was told. */
async function talker(browser: Browser): Promise<{ chat: Page; name: string; session: number }> {
  const chat = await (await browser.newContext()).newPage();
  const name = await signUp(chat, 'talker');
  const made = (await send(chat, 'POST', '/api/sessions/', { title: 'A private matter' })) as { id: number };
  await chat.goto(`/c/${made.id}`);
  await limitAnswers(chat, 40);
  await ask(chat, SECRET);
  await untilEnded(chat);
  return { chat, name, session: sessionId(chat) };
}

test('a backup is made beside the server, taken away, explained and deleted', async ({ page }) => {
  test.setTimeout(120_000);
  await signInAsAdministrator(page);
  await go(page, 'backups');
  await page.getByRole('button', { name: 'Make a backup now' }).click();
  await expect(page.getByRole('progressbar', { name: 'A backup is being made' })).toBeVisible();
  const row = page.getByTestId('backup').first();
  await expect(row).toContainText('rows', { timeout: 60_000 });
  await axe(page, 'backups with one');
  await picture(page, 'backups-one');

  await row.getByRole('button', { name: /How to restore/ }).click();
  await expect(page.getByTestId('restore-command')).toHaveText(/^python manage\.py restore .+\.zip --replace$/);
  await axe(page, 'how to restore');
  await picture(page, 'backups-restore');
  await page.getByRole('button', { name: 'Close' }).click();

  const coming = page.waitForEvent('download');
  await row.getByRole('link', { name: /^Download maru-/ }).click();
  const taken = await coming;
  expect(taken.suggestedFilename()).toMatch(/^maru-\d{8}-\d{6}\.zip$/);
  expect(await taken.failure()).toBeNull();

  await row.getByRole('button', { name: /^Delete maru-/ }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('There is none yet.')).toBeVisible();
  await go(page, 'audit');
  for (const act of ['Backup made', 'Backup taken away', 'Backup deleted']) {
    await expect(page.getByText(act, { exact: true }).first()).toBeVisible();
  }
});

test('storage says what uses the disk, and finds nothing that is nobody’s', async ({ page }) => {
  await signInAsAdministrator(page);
  await go(page, 'storage');
  await expect(page.getByTestId('part-database')).toContainText(/[KM]iB/);
  await expect(page.getByRole('table', { name: 'Tables' })).toContainText('accounts_user');
  await page.getByRole('button', { name: 'Look for it' }).click();
  await expect(page.getByText('There is nothing that belongs to nobody.')).toBeVisible();
  await axe(page, 'storage');
});

test('a retention says what it would remove before it is saved', async ({ page, browser }) => {
  await signInAsAdministrator(page);
  const { chat } = await talker(browser);
  await go(page, 'settings');
  const line = page.getByTestId('setting-retention_days_user');
  await line.getByRole('textbox').fill('30');
  await expect(line.getByTestId('would-go')).toHaveText('With 30 days, no conversation would go now.');
  await picture(page, 'settings-retention');
  await page.keyboard.press('Escape');
  await expect(line.getByRole('textbox')).toHaveValue('0');
  await chat.context().close();
});

test('somebody’s conversation is read only for a reason, and its owner sees it', async ({ page, browser }) => {
  test.setTimeout(120_000);
  await signInAsAdministrator(page);
  const { chat, session } = await talker(browser);
  await go(page, `sessions/${session}/show`);
  await expect(page.getByText('What was said is behind glass.', { exact: false })).toBeVisible();
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole('button', { name: 'Read it' }).click();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Read it' })).toBeDisabled();
  await axe(page, 'why');
  await page.getByRole('textbox', { name: /^Reason/ }).fill(WHY);
  await page.getByRole('dialog').getByRole('button', { name: 'Read it' }).click();
  await expect(page.getByTestId('read-messages')).toContainText(SECRET);
  await expect(page.getByText(WHY, { exact: false }).first()).toBeVisible();
  await axe(page, 'behind the glass');
  await picture(page, 'sessions-read');
  const seen = (await send(chat, 'GET', '/api/openings/')) as { results: { reason: string }[] };
  expect(seen.results.map((one) => one.reason)).toContain(WHY);
  await chat.context().close();
});

test('a rule is tried, added, refuses what it says, and goes', async ({ page, browser }) => {
  test.setTimeout(120_000);
  await signInAsAdministrator(page);
  const { chat } = await talker(browser);
  await go(page, 'moderation');
  const word = `forbidden${Date.now() % 100_000}`;
  await page.getByRole('textbox', { name: /^Name/ }).fill(word);
  await page.getByRole('textbox', { name: /^Word or expression/ }).fill(word);
  await page.getByRole('combobox', { name: 'Then' }).click();
  await page.getByRole('option', { name: 'Refuse it' }).click();
  await page.getByRole('button', { name: 'Try it on recent messages' }).click();
  await expect(page.getByTestId('dry-run')).toContainText('Would have met 0 of the last');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  const rule = page.getByTestId('rule').filter({ hasText: word });
  await expect(rule).toContainText('Refuse it');
  await chat.getByTestId('composer').fill(`This is ${word}.`);
  await chat.getByTestId('composer').press('Enter');
  await expect(chat.getByText('A rule of this house does not allow this text.').first()).toBeVisible();
  await page.reload();
  await expect(rule).toContainText('met 1 time');
  await axe(page, 'moderation with a rule');
  await picture(page, 'moderation-rule');
  await rule.getByRole('button', { name: `Delete the rule: ${word}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(rule).toHaveCount(0);
  await chat.context().close();
});

test('a limit for one user is in effect at once', async ({ page, browser }) => {
  test.setTimeout(120_000);
  await signInAsAdministrator(page);
  const { chat, name } = await talker(browser);
  const users = (await send(page, 'GET', `/api/admin/users/?search=${name}`)) as { results: { id: number }[] };
  await go(page, `users/${users.results[0]?.id}/show`);
  await page.getByRole('textbox', { name: 'Messages a day' }).fill('1');
  await page.getByRole('button', { name: 'Save the limits' }).click();
  await expect(page.getByText('The limits are saved')).toBeVisible();
  await axe(page, 'limits of a user');
  await picture(page, 'users-limits');
  const answered = await lastAnswer(chat).getAttribute('data-message-id');
  await chat.getByTestId('composer').fill('One more?');
  await chat.getByTestId('composer').press('Enter');
  await expect(chat.getByText(/limit/i).first()).toBeVisible();
  await expect(lastAnswer(chat)).toHaveAttribute('data-message-id', answered ?? '');
  await chat.context().close();
});

test('staff sees what is theirs, and the rest is refused', async ({ page, browser }) => {
  await signInAsAdministrator(page);
  const { chat, name } = await talker(browser);
  const users = (await send(page, 'GET', `/api/admin/users/?search=${name}`)) as { results: { id: number }[] };
  await send(page, 'PATCH', `/api/admin/users/${users.results[0]?.id}/`, { role: 'staff' });
  await chat.goto('/admin/');
  for (const its of ['Users', 'Conversations', 'Models', 'Engines']) {
    await expect(chat.getByRole('menuitem', { name: its, exact: true })).toBeVisible();
  }
  for (const other of ['Feedback', 'Audit log', 'Moderation', 'Settings', 'Memory', 'Backups', 'Storage']) {
    await expect(chat.getByRole('menuitem', { name: other, exact: true })).toHaveCount(0);
  }
  for (const path of ['backups/', 'storage/', 'storage/orphans/', 'settings/', 'moderation/', 'audit/', 'feedback/']) {
    expect((await chat.request.get(`/api/admin/${path}`)).status(), path).toBe(403);
  }
  for (const place of ['backups', 'storage', 'settings', 'moderation', 'memory']) {
    await go(chat, place);
    await expect(chat.getByText('You may not do this.').first(), place).toBeVisible();
  }
  await chat.context().close();
});

// Names are those of the language in either mode, colours those of the mode in either language.
for (const [language, mode] of [['en', 'light'], ['ko', 'dark']] as const) {
  test(`nothing to complain of on any page, ${language} ${mode}`, async ({ page }) => {
    test.setTimeout(300_000);
    await signInAsAdministrator(page);
    await page.evaluate(
      ([language, mode]) => {
        localStorage.setItem('maru.language', language ?? '');
        localStorage.setItem('RaStoremaru.admin.theme', JSON.stringify(mode));
      },
      [language, mode],
    );
    await page.reload();
    for (const [place, titles] of Object.entries(PAGES)) {
      await go(page, place);
      await expect(page.locator('#react-admin-title')).toContainText(titles[language === 'ko' ? 1 : 0]);
      await axe(page, `${place} ${language} ${mode}`);
      await picture(page, `${place}-${language}-${mode}`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    for (const place of Object.keys(PAGES)) {
      await go(page, place);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(wider, `${place} is not wider than a phone`).toBeLessThanOrEqual(0);
      await picture(page, `${place}-${language}-${mode}-phone`);
    }
  });
}
