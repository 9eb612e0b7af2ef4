/**
 * What the model should know: a document is attached, asked about, cited and opened; a fact told in one chat is known in another,
 * until it is deleted. The engine reads out what it was told, so that what is tested is everything between the file and the page.
 */
import { expect, type Page, test } from '@playwright/test';
import { answers, lastAnswer, saved, say, send, signUp, untilEnded } from './people';
import { filled, type Locale, LOCALES, WORDS } from './words';

test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}` });

const CASES = {
  'en-US': {
    pages: ['The reading room opens at nine.', 'A parking permit for the garage costs forty crowns a month.'],
    question: 'What does a parking permit cost?',
    answer: 'forty crowns',
    fact: 'My name is Torvel.',
    asked: 'What is my name?',
    known: 'Torvel',
  },
  'ko-KR': {
    pages: ['열람실은 아홉 시에 엽니다.', '차고의 주차 이용료는 한 달에 사만 냥입니다.'],
    question: '주차 이용료는 얼마인가요?',
    answer: '사만 냥',
    fact: '제 이름은 도람슬이에요.',
    asked: '제 이름이 뭐예요?',
    known: '도람슬',
  },
};

/** A PDF as a browser prints it, in the page's own font. */
async function printed(page: Page, texts: readonly string[]): Promise<Buffer> {
  const sheet = await page.context().newPage();
  await sheet.goto('/login');
  await sheet.evaluate((pages) => {
    document.body.replaceChildren(
      ...pages.map((text) => {
        const part = document.createElement('p');
        part.textContent = text;
        part.style.breakAfter = 'page';
        return part;
      }),
    );
  }, texts);
  await sheet.evaluate(() => document.fonts.ready.then(() => undefined));
  const pdf = await sheet.pdf({ format: 'A5' });
  await sheet.close();
  return pdf;
}

async function newChat(page: Page, locale: Locale): Promise<void> {
  await page.getByRole('link', { name: WORDS[locale].sessions.new, exact: true }).first().click();
  await expect(page).toHaveURL('/');
  await expect(answers(page)).toHaveCount(0); // the address changes a moment before what is shown
}

for (const locale of LOCALES) {
  const words = WORDS[locale];
  const told = CASES[locale];
  test.describe(locale, () => {
    test.use({ locale });

    test('a PDF is attached, asked about, cited, and its passage opens', async ({ page }) => {
      await signUp(page);
      const buffer = await printed(page, told.pages);
      await page.getByTestId('file-input').setInputFiles({ name: 'house.pdf', mimeType: 'application/pdf', buffer });
      await expect(page.getByTestId('attachment')).toHaveAttribute('data-state', 'ready', { timeout: 40_000 });
      await say(page, told.question);
      await expect(lastAnswer(page).getByTestId('message-text')).toContainText(told.answer);
      await lastAnswer(page).getByTestId('message-text').getByRole('link', { name: '[1]' }).click();
      const passage = page.getByRole('region', { name: words.sources.passage });
      await expect(passage).toContainText(told.answer);
      await expect(passage.locator('mark').first()).toBeVisible();
      await page.getByRole('button', { name: words.sources.withoutPassage }).click();
      await expect(lastAnswer(page).getByTestId('branch')).toContainText(/\d\/\d/);
      await untilEnded(page, /^complete$/);
      await expect(lastAnswer(page).getByTestId('message-text')).not.toContainText(told.answer);
      await page.reload();
      await expect(page.getByRole('link', { name: 'house' })).toBeVisible();
    });

    test('documents are found by search, and chosen for a conversation', async ({ page }) => {
      await signUp(page);
      await page.goto('/documents');
      await page.getByRole('button', { name: words.documents.paste }).click();
      await page.getByRole('textbox', { name: words.documents.name }).fill('garage');
      await page.getByRole('textbox', { name: words.documents.text }).fill(told.pages.join('\n\n'));
      await page.getByRole('dialog').getByRole('button', { name: words.memory.save }).click();
      await expect(page.getByText(words.documents.status.ready)).toBeVisible({ timeout: 40_000 });
      await page.getByRole('textbox', { name: words.documents.search }).fill(told.question);
      await page.getByRole('list', { name: words.documents.found }).getByRole('button').first().click();
      await expect(page.getByRole('region', { name: words.sources.passage })).toContainText(told.answer);
      await page.keyboard.press('Escape');

      await newChat(page, locale);
      await say(page, 'x');
      await page.getByRole('button', { name: words.settings.open }).click();
      await page.getByRole('combobox', { name: words.documents.title }).click();
      await saved(page, '/config/', () => page.getByRole('option', { name: 'garage' }).click());
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await say(page, told.question);
      await expect(lastAnswer(page).getByTestId('message-text')).toContainText(told.answer);
    });

    test('what is told in one chat is known in another, until it is deleted', async ({ page }) => {
      await signUp(page);
      await say(page, told.fact);
      await newChat(page, locale);
      await say(page, told.asked);
      await expect(lastAnswer(page).getByTestId('message-text')).toContainText(told.known);
      await lastAnswer(page)
        .getByRole('button', { name: /memor|기억/ })
        .click();
      await expect(lastAnswer(page).getByRole('list', { name: words.sources.memoriesUsed })).toContainText(told.known);
      await page.goto('/memory');
      const facts = page.getByRole('region', { name: words.memory.kinds.fact }).getByRole('listitem');
      const forget = new RegExp(`^${filled(words.memory.forgetOne, { text: '' }).trim()}`);
      await facts.filter({ hasText: told.known }).getByRole('button', { name: forget }).click();
      await expect(facts.filter({ hasText: told.known })).toHaveCount(0); // the chat's title still has it
      await newChat(page, locale);
      await say(page, told.asked);
      await expect(lastAnswer(page).getByTestId('message-text')).not.toContainText(told.known);
    });
  });
}
