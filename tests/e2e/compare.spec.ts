/** Two models answer one question, blind; the vote names them; the administration counts it. */
import { expect, type Page, test } from '@playwright/test';
import { composer, send, sessionId, signInAsAdministrator, signUp } from './people';

// The house with two echo models.
test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}` });

const MODELS = /echo|owl/;

async function askTwo(page: Page, question: string): Promise<void> {
  await page.getByRole('switch', { name: 'Compare two models' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'For the next message' }).click();
  await expect(page.getByTestId('compare-notice')).toContainText('drawn by lot');
  await composer(page).fill(question);
  await composer(page).press('Enter');
}

const side = (page: Page, letter: 'a' | 'b') => page.getByTestId(`side-${letter}`);

async function untilBothEnded(page: Page): Promise<void> {
  for (const letter of ['a', 'b'] as const) {
    await expect(side(page, letter)).toHaveAttribute('data-status', 'complete', { timeout: 40_000 });
  }
}

/** The engines of the house begin nothing until `work` is done. */
async function whilePaused(house: Page, work: () => Promise<void>): Promise<void> {
  await send(house, 'POST', '/api/admin/live/queue/', { is_paused: true });
  try {
    await work();
  } finally {
    await send(house, 'POST', '/api/admin/live/queue/', { is_paused: false });
  }
}

test('both stream at once, nothing is named before the vote, and the vote counts', async ({ page, browser, baseURL }) => {
  const house = await browser.newPage({ baseURL, locale: 'en-US' });
  await signInAsAdministrator(house);
  await signUp(page);
  await whilePaused(house, async () => {
    await askTwo(page, 'Which of you is better?');
    await expect(side(page, 'a')).toBeVisible();
    await expect(side(page, 'b')).toBeVisible();
    await expect(page.getByRole('button', { name: 'A is better' })).toBeDisabled();
  });
  await untilBothEnded(page);
  await expect(page.getByTestId('comparison')).not.toContainText(MODELS);

  await page.reload(); // the other side is fetched, and says no more than before
  await untilBothEnded(page);
  await expect(page.getByTestId('comparison')).not.toContainText(MODELS);
  const told = JSON.stringify(await send(page, 'GET', `/api/sessions/${sessionId(page)}/messages/?branch=all`));
  expect(told).not.toMatch(/"(echo|owl)"/);

  await page.getByRole('button', { name: 'B is better' }).click();
  await expect(page.getByTestId('verdict')).toHaveText('You found B better.');
  const names = page.getByTestId('comparison').locator('h3');
  await expect(names).toHaveText([/^A · (echo|owl)$/, /^B · (echo|owl)$/]); // that of the other side is fetched
  expect((await names.allTextContents()).map((name) => name.slice(4)).toSorted()).toEqual(['echo', 'owl']);
  const { active_leaf } = (await send(page, 'GET', `/api/sessions/${sessionId(page)}/`)) as { active_leaf: number };
  const leaf = (await send(page, 'GET', `/api/messages/${active_leaf}/`)) as { comparison: { side: string } };
  expect(leaf.comparison.side, 'the better answer is the one that goes on').toBe('b');

  await house.getByRole('menuitem', { name: 'Ranking' }).click();
  await expect(house.getByTestId('counted')).toContainText(/Votes: \d+, people who voted: \d+/);
  for (const name of ['echo', 'owl']) await expect(house.getByRole('rowheader', { name }).first()).toBeVisible();
  await expect(house.getByText('too few votes').first()).toBeVisible();
  await house.close();
});

test('on a phone one swipes between the two, or presses their names', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signUp(page);
  await askTwo(page, 'And here?');
  await untilBothEnded(page);
  await expect(side(page, 'a')).toBeInViewport();
  await expect(side(page, 'b')).not.toBeInViewport();
  await page.getByRole('tab', { name: 'Answer B' }).click();
  await expect(side(page, 'b')).toBeInViewport();
  await expect(side(page, 'a')).not.toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.getByRole('button', { name: 'Show the names without a vote' }).click();
  await expect(page.getByTestId('verdict')).toHaveText('The names were shown without a vote.');
});
