/** Counts and bounds of long answers and long conversations. Times are not asserted here: see figures/. */
import { expect, test } from '@playwright/test';
import { importLongSession } from './longSession';
import { ask, lastAnswer, limitAnswers, openChat, signUp, stop, untilEnded, untilStreams } from './people';
import { install, observed, watch } from './probe';

test.use({
  baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}`,
});

test('while an answer streams nothing but that answer changes, and nothing moves', async ({ page }) => {
  await install(page);
  await signUp(page);
  await openChat(page, 40);
  await ask(page, 'The first.');
  await untilEnded(page, /^complete$/);
  await limitAnswers(page, 4000); // it runs for as long as it is watched, and longer
  await ask(page, 'The second.');
  await untilStreams(page, 200);
  await watch(page);
  await page.waitForTimeout(3000);
  const seen = await observed(page);
  const id = await lastAnswer(page).getAttribute('data-message-id');
  expect(Object.keys(seen.changed)).toEqual([id]);
  expect(seen.layoutShift).toBeLessThan(0.01);
  await stop(page);
});

test('of 10,000 messages only those near the view are in the page', async ({ page }) => {
  test.setTimeout(180_000);
  await install(page);
  await signUp(page);
  const id = await importLongSession(page, 10_000);
  await page.goto(`/c/${id}`);
  await expect(lastAnswer(page)).toContainText('Answer 9999.');
  await page.mouse.move(700, 400);
  for (let n = 0; n < 60; n++) {
    await page.mouse.wheel(0, -1200);
    await page.waitForTimeout(30);
  }
  expect(await page.locator('[data-testid=message]').count()).toBeLessThan(60);
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(4000);
  await page.getByRole('button', { name: 'Jump to the latest' }).click();
  await expect(lastAnswer(page)).toContainText('Answer 9999.');
});

test('who has scrolled up stays there while the answer grows, and is led back by a button', async ({ page }) => {
  await signUp(page);
  await openChat(page, 5000);
  await ask(page, 'A long one.');
  await untilStreams(page, 2500);
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, -900);
  const jump = page.getByRole('button', { name: 'Jump to the latest' });
  await expect(jump).toBeVisible();
  const top = () =>
    page
      .locator('[data-testid=message][data-role=user]')
      .first()
      .evaluate((item) => item.getBoundingClientRect().top);
  const isAtRest = async () => {
    const was = await top();
    await page.waitForTimeout(500);
    return (await top()) === was;
  };
  await expect.poll(isAtRest, { message: 'what the wheel began has ended' }).toBe(true);
  const before = await top();
  const length = Number(await lastAnswer(page).getAttribute('data-text-length'));
  await untilStreams(page, length + 300);
  expect(await top()).toBe(before);
  await jump.click();
  await expect(jump).toBeHidden();
});

/** What is not the reader's hand, but goes up for them: find in page, a screen reader, a search hit. */
test.describe('who was led up', () => {
  const narrower = { width: 900, height: 500 };

  test('by a script stays there when the layout changes, and at the end follows it again', async ({ page }) => {
    await signUp(page);
    await page.goto(`/c/${await importLongSession(page, 40)}`);
    await expect(lastAnswer(page)).toContainText('Answer 39.');
    const list = page.getByRole('region', { name: 'Conversation', exact: true });
    const fromEnd = () => list.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
    await expect.poll(fromEnd).toBeLessThan(2);
    await list.evaluate((node) => node.scrollTo({ top: node.scrollTop - 1500 }));
    await expect(page.getByRole('button', { name: 'Jump to the latest' })).toBeVisible();
    await page.setViewportSize(narrower);
    await page.waitForTimeout(500);
    expect(await fromEnd()).toBeGreaterThan(1000);
    await list.evaluate((node) => node.scrollTo({ top: node.scrollHeight }));
    await expect.poll(fromEnd).toBeLessThan(2);
    await page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  test('by a search hit stays there, too', async ({ page }) => {
    await signUp(page);
    await importLongSession(page, 60);
    await page.getByRole('textbox', { name: 'Search conversations' }).fill('질문 10');
    await page.getByTestId('hit').first().click();
    const found = page.locator('[data-testid=message]').filter({ hasText: 'Question 10:' });
    await expect(found).toBeFocused();
    await page.setViewportSize(narrower);
    await page.waitForTimeout(500);
    await expect(found).toBeInViewport();
  });
});
