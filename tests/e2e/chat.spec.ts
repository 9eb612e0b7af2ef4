/** One person and the house: the shown text equals the stored text, whatever happens in between. */
import { expect, test } from '@playwright/test';
import { CutProxy } from './cutProxy';
import {
  answers,
  ask,
  composer,
  expectShownEqualsStored,
  lastAnswer,
  limitAnswers,
  openChat,
  send,
  sessionId,
  shownLength,
  signUp,
  signUpByHand,
  stop,
  stored,
  untilEnded,
  untilStreams,
} from './people';

/** Tokens of an answer that runs while pages are loaded and lines are cut: most of what the engine's context holds. */
const LONG = 3000;

test('a person registers, asks, and the answer streams to its end', async ({ page }) => {
  await signUpByHand(page);
  await ask(page, 'Hello, who are you?');
  await untilStreams(page);
  await stop(page);
  await limitAnswers(page, 40);
  await ask(page, '안녕하세요 🙂 <|im_end|> & <b>not bold</b>');
  await untilEnded(page, /^complete$/);
  await expectShownEqualsStored(page);
});

test('stop keeps the text so far and the next message works', async ({ page }) => {
  await signUp(page);
  await ask(page, 'Tell me a very long story.');
  await untilStreams(page, 60);
  await stop(page);
  expect(await shownLength(lastAnswer(page))).toBeGreaterThan(60);
  await limitAnswers(page, 20);
  await ask(page, 'And now a short one.');
  await untilEnded(page, /^complete$/);
  await expectShownEqualsStored(page);
});

test('an edited message makes a branch, and one can switch back', async ({ page }) => {
  await signUp(page);
  await ask(page, 'first wording');
  await untilStreams(page);
  await stop(page);
  await limitAnswers(page, 20);
  const question = page.locator('[data-testid=message][data-role=user]').first();
  await question.hover();
  await question.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit your message' }).fill('second wording');
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect(question).toContainText('second wording');
  await untilEnded(page, /^complete$/);
  await expect(question.getByTestId('branch')).toContainText('2/2');
  await expectShownEqualsStored(page);
  await question.getByRole('button', { name: 'Previous version' }).click();
  await expect(question).toContainText('first wording');
  await expect(question.getByTestId('branch')).toContainText('1/2');
  await expectShownEqualsStored(page);
  expect(await stored(page, 'all')).toHaveLength(4);
});

test('answering again keeps both answers', async ({ page }) => {
  await signUp(page);
  await ask(page, 'Say something.');
  await untilStreams(page);
  await stop(page);
  await limitAnswers(page, 20);
  const first = await lastAnswer(page).getAttribute('data-message-id');
  await lastAnswer(page).hover();
  await lastAnswer(page).getByRole('button', { name: 'Answer again', exact: true }).click();
  await expect(lastAnswer(page)).not.toHaveAttribute('data-message-id', first ?? '');
  await untilEnded(page, /^complete$/);
  await expect(answers(page)).toHaveCount(1);
  await expect(lastAnswer(page).getByTestId('branch')).toContainText('2/2');
  await expectShownEqualsStored(page);
  await lastAnswer(page).getByRole('button', { name: 'Previous version' }).click();
  await expect(lastAnswer(page)).toHaveAttribute('data-message-id', first ?? '');
  await expectShownEqualsStored(page);
});

test('a refresh in the middle of an answer loses nothing', async ({ page }) => {
  await signUp(page);
  await openChat(page, LONG);
  await ask(page, 'Talk for a while.');
  await untilStreams(page, 40);
  const before = await shownLength(lastAnswer(page));
  await page.reload();
  await expect(composer(page)).toBeVisible();
  await expect.poll(() => shownLength(lastAnswer(page))).toBeGreaterThan(before);
  await untilStreams(page, before);
  await stop(page);
  await expectShownEqualsStored(page);
});

test('two tabs on one conversation show the same', async ({ page, context }) => {
  await signUp(page);
  await openChat(page, LONG);
  await ask(page, 'For both tabs.');
  await untilStreams(page);
  const other = await context.newPage();
  await other.goto(page.url());
  await untilStreams(other);
  expect(sessionId(other)).toBe(sessionId(page));
  await other.getByRole('button', { name: 'Stop', exact: true }).click();
  await untilEnded(page, /^stopped$/);
  await untilEnded(other, /^stopped$/);
  await limitAnswers(other, 30);
  await composer(other).fill('From the second tab.');
  await composer(other).press('Enter');
  await expect(answers(page)).toHaveCount(2);
  await untilEnded(page, /^complete$/);
  await untilEnded(other, /^complete$/);
  await expectShownEqualsStored(page);
  await expectShownEqualsStored(other);
});

test('a network cut of three seconds in mid-answer heals by itself', async ({ browser, baseURL }) => {
  const proxy = await CutProxy.to(Number(new URL(baseURL ?? '').port));
  const context = await browser.newContext({ baseURL: proxy.url });
  const page = await context.newPage();
  try {
    await signUp(page);
    await openChat(page, LONG);
    await ask(page, 'Keep talking while the cable is out.');
    await untilStreams(page, 40);
    proxy.cut();
    await expect(page.getByTestId('line-banner')).toBeVisible();
    const atCut = await shownLength(lastAnswer(page));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    proxy.mend();
    await expect(page.getByTestId('line-banner')).toBeHidden({ timeout: 20_000 });
    await expect.poll(() => shownLength(lastAnswer(page))).toBeGreaterThan(atCut);
    // It may have come to its end by itself: then it stays as it is.
    await send(page, 'POST', `/api/messages/${await lastAnswer(page).getAttribute('data-message-id')}/stop/`);
    await untilEnded(page);
    await expectShownEqualsStored(page);
  } finally {
    await context.close();
    proxy.close();
  }
});

test('a message written while the network is out is sent once when it is back', async ({ browser, baseURL }) => {
  const proxy = await CutProxy.to(Number(new URL(baseURL ?? '').port));
  const context = await browser.newContext({ baseURL: proxy.url });
  const page = await context.newPage();
  try {
    await signUp(page);
    await ask(page, 'Before the cut.');
    await untilStreams(page);
    await stop(page);
    await limitAnswers(page, 20);
    proxy.cut();
    await expect(page.getByTestId('line-banner')).toBeVisible();
    await composer(page).fill('Written while offline.');
    await composer(page).press('Enter');
    await expect(page.getByTestId('pending-message')).toBeVisible();
    proxy.mend();
    await expect(answers(page)).toHaveCount(2, { timeout: 20_000 });
    await untilEnded(page, /^complete$/);
    expect((await stored(page, 'all')).filter((row) => row.content === 'Written while offline.')).toHaveLength(1);
    await expectShownEqualsStored(page);
  } finally {
    await context.close();
    proxy.close();
  }
});
