/** Writing: real Hangul composition, the queue, drafts on two devices, images, “/”, keys. */
import { expect, type Page, test } from '@playwright/test';
import { answers, ask, composer, lastAnswer, limitAnswers, openChat, send, sessionId, signUp, stop, stored, untilEnded, untilStreams } from './people';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const bubbles = (page: Page) => page.locator('[data-testid=message][data-role=user] [data-testid=message-text]');
const sent = (page: Page) => page.locator('[data-testid=message][data-role=user]');

/** What an input method does: syllables grow in place, are committed, and its Enter belongs to it. */
async function compose(page: Page, steps: string[], isCommitted = true): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  for (const text of steps) {
    await cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  }
  if (isCommitted) await cdp.send('Input.insertText', { text: steps.at(-1) ?? '' });
}

async function keyOfInputMethod(page: Page, key: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const event = { key: 'Process', code: key, windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 };
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...event });
  await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
}

for (const locale of ['ko-KR', 'en-US']) {
  test.describe(locale, () => {
    test.use({ locale });

    test('one Enter sends the finished syllable once, never the half one', async ({ page }) => {
      await signUp(page);
      await composer(page).focus();
      await compose(page, ['ㅇ', '아', '안'], true);
      await compose(page, ['ㄴ', '녀', '녕'], false);
      await keyOfInputMethod(page, 'Enter');
      await page.waitForTimeout(100);
      await expect(page.locator('[data-testid=message], [data-testid=pending-message]')).toHaveCount(0);
      await expect(composer(page)).toHaveValue('안녕');
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Input.insertText', { text: '녕' });
      await expect(composer(page)).toHaveValue('안녕');
      await page.keyboard.press('Enter');
      await expect(bubbles(page)).toHaveText(['안녕']);
      await expect(composer(page)).toHaveValue('');
      await page.keyboard.press('Enter');
      await expect.poll(async () => (await stored(page)).filter((row) => row.role === 'user').length).toBe(1);
    });
  });
}

test('a message sent while an answer runs comes after it, stored on the server', async ({ page }) => {
  await signUp(page);
  await openChat(page, 3000); // it runs until it is stopped, behind a reload
  await ask(page, 'A long one.');
  await untilStreams(page);
  await composer(page).fill('And then this.');
  await page.getByRole('button', { name: 'Send after this answer' }).click();
  await expect(bubbles(page)).toHaveCount(2);
  await page.reload();
  await expect(bubbles(page)).toHaveCount(2);
  await limitAnswers(page, 12);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(answers(page).first()).toHaveAttribute('data-status', 'stopped');
  await untilEnded(page, /^complete$/);
  const rows = await stored(page);
  expect(rows.map((row) => row.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
});

test('a draft is the same on two devices, and goes with the message', async ({ page, browser }) => {
  await signUp(page);
  await ask(page, 'First.');
  await untilStreams(page);
  await stop(page);
  const other = await browser.newContext({ storageState: await page.context().storageState() });
  const phone = await other.newPage();
  await phone.goto(page.url());
  await expect(phone.getByTestId('company')).toHaveText('Also open in 1 other place');
  await composer(page).fill('half a thought');
  await expect(phone.getByTestId('company')).toHaveText('You are writing on another device…'); // for some seconds
  await expect(composer(phone)).toHaveValue('half a thought');
  await composer(phone).fill('half a thought, finished');
  await expect(composer(page)).toHaveValue('half a thought, finished');
  await page.reload();
  await expect(composer(page)).toHaveValue('half a thought, finished');
  await limitAnswers(page, 10);
  await composer(phone).press('Enter');
  await expect(composer(page)).toHaveValue('');
  await expect(bubbles(page).last()).toHaveText('half a thought, finished');
  await other.close();
});

test('an image for a model that does not see is kept back, the words stay', async ({ page }) => {
  await signUp(page);
  await page.getByTestId('file-input').setInputFiles({ name: '집.png', mimeType: 'image/png', buffer: PNG });
  await expect(page.getByTestId('attachment')).toHaveAttribute('data-state', 'ready');
  await expect(page.getByTestId('sight')).toContainText('does not look at images');
  await composer(page).fill('Look at this.');
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('Look at this.');
  await expect(bubbles(page)).toHaveCount(0);
});

test('what only claims to be an image is refused by its content', async ({ page }) => {
  await signUp(page);
  const buffer = Buffer.from('<svg onload="alert(1)"/>');
  await page.getByTestId('file-input').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer });
  await expect(page.getByTestId('attachment')).toHaveAttribute('data-state', 'failed');
  await composer(page).fill('Without it.');
  await composer(page).press('Enter');
  await expect(bubbles(page)).toHaveText(['Without it.']);
});

test('arrow-up edits the last question, “/” offers commands', async ({ page }) => {
  await signUp(page);
  await ask(page, 'first wording');
  await untilStreams(page);
  await stop(page);
  await composer(page).press('ArrowUp');
  await expect(page.getByRole('textbox', { name: 'Edit your message' })).toHaveValue('first wording');
  await page.keyboard.press('Escape');
  await composer(page).fill('/ne');
  await expect(page.getByRole('option', { name: /^\/new/ })).toHaveAttribute('aria-selected', 'true');
  await composer(page).press('Enter');
  await expect(page).toHaveURL('/');
});

test('where Enter breaks the line by the account’s setting, it does so everywhere', async ({ page }) => {
  await signUp(page);
  await send(page, 'PATCH', '/api/auth/me/', { enter_sends: false });
  await page.reload();
  await composer(page).fill('one');
  await composer(page).press('Enter');
  await page.keyboard.type('two');
  await expect(composer(page)).toHaveValue('one\ntwo');
  await composer(page).press('Control+Enter');
  await expect(bubbles(page)).toHaveCount(1);
  expect(sessionId(page)).toBeGreaterThan(0);
  await expect(lastAnswer(page)).toBeVisible();
});
