/** Korean from the first page on, and Hangul typed through a real composition. */
import { expect, test } from '@playwright/test';
import { answers, composer, PASSWORD } from './people';

test.use({ locale: 'ko-KR' });

test('한국어 브라우저에서는 모든 글이 한국어이고, 조합 중의 Enter는 보내지 않는다', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('html')).toHaveAttribute('lang', /^ko/);
  await expect(page.locator('input[name=password]')).toBeVisible();
  const register = page.getByRole('link', { name: /계정|가입/ });
  if (await register.isVisible()) await register.click();
  // The sign-in page has a username field of its own until the other page has come.
  await expect(page.locator('input[name=email]')).toBeVisible();
  const name = `hangul${Date.now() % 1_000_000}`;
  await page.locator('input[name=username]').fill(name);
  await page.locator('input[name=email]').fill(`${name}@example.org`);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await expect(composer(page)).toBeVisible();

  const keyboard = await page.context().newCDPSession(page);
  await composer(page).focus();
  for (const half of ['ㅇ', '아', '안']) {
    await keyboard.send('Input.imeSetComposition', { text: half, selectionStart: half.length, selectionEnd: half.length });
  }
  await keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  await expect(answers(page)).toHaveCount(0);
  await keyboard.send('Input.insertText', { text: '안' });
  await keyboard.send('Input.insertText', { text: '녕' });
  await composer(page).press('Enter');
  await expect(answers(page)).toHaveCount(1);
  const questions = page.locator('[data-testid=message][data-role=user]');
  await expect(questions).toHaveCount(1);
  await expect(questions.getByTestId('message-text')).toHaveText('안녕');
});
