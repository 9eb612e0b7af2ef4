/** The house's documents, personas and prompts in the administration; a persona whose model wears a LoRA adapter answers by it. */
import { expect, type Page, test } from '@playwright/test';
import { ask, lastAnswer, limitAnswers, send, sessionId, signInAsAdministrator, signUp, stored, untilEnded } from '../people';

const row = (page: Page, name: string) => page.getByTestId('library-row').filter({ hasText: name });

test.beforeEach(({ page }) => signInAsAdministrator(page));

test('a prompt is written, changed, taken back and deleted after a question', async ({ page, browser, baseURL }) => {
  await page.goto('/admin/#/prompts');
  await page.getByRole('button', { name: 'New prompt' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Three lines');
  await dialog.getByRole('textbox', { name: 'Command' }).fill('/three');
  await dialog.getByRole('textbox', { name: 'Text' }).fill('Sum up {{text}} in three lines.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Three lines')).toContainText('/three · Version 1');

  const guest = await (await browser.newContext({ baseURL: baseURL ?? '' })).newPage();
  await signUp(guest, 'reader');
  const seen = async () => ((await send(guest, 'GET', '/api/prompts/?search=three')) as unknown[]).length;
  expect(await seen(), 'what is of the house is everybody’s').toBe(1);

  await page.getByRole('button', { name: 'Edit: Three lines' }).click();
  await dialog.getByRole('textbox', { name: 'Text' }).fill('Sum up {{text}} in 3 lines.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Three lines')).toContainText('Version 2');
  await page.getByRole('button', { name: 'Take back from the house: Three lines' }).click();
  await expect(row(page, 'Three lines')).toContainText('Mine');
  expect(await seen()).toBe(0);
  await page.getByRole('searchbox', { name: 'Search' }).fill('nothing like it');
  await expect(page.getByText('Nothing of that kind.')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search' }).fill('three');
  await page.getByRole('button', { name: 'Delete: Three lines' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(row(page, 'Three lines')).toHaveCount(0);
  await guest.context().close();
});

test('a document is added to a folder of the house, retitled, taken back, deleted', async ({ page }) => {
  await page.goto('/admin/#/documents');
  await page.getByRole('button', { name: 'Add a document' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'hours.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from('# Hours\n\nThe reading room opens at nine.'),
  });
  await dialog.getByRole('textbox', { name: 'Name of the folder' }).fill('Handbook of the house');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'hours')).toContainText('House');
  await expect(row(page, 'hours')).toContainText(/1 passage/);
  await page.getByRole('button', { name: 'Edit: hours' }).click();
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Opening hours');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Take back from the house: Opening hours' }).click();
  await expect(row(page, 'Opening hours')).toContainText('Mine');
  await page.getByRole('button', { name: 'Publish to the house: Opening hours' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Opening hours')).toContainText('House');
  await page.getByRole('button', { name: 'Delete: Opening hours' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(row(page, 'Opening hours')).toHaveCount(0);
});

test('an adapter is put on a second name, a persona prefers it, and the persona answers by it', async ({ page, browser, baseURL }) => {
  const { models } = (await send(page, 'GET', '/api/admin/models/')) as { models: { id: string; kind: string }[] };
  const base = models.find((one) => one.id === 'babble')?.id ?? '';
  await page.goto(`/admin/#/models/${base}/show`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('babble-poet');
  await page.getByRole('combobox', { name: 'LoRA adapter' }).click();
  await page.getByRole('option', { name: 'poet' }).click();
  await page.getByRole('button', { name: 'Make it' }).click();
  await expect(page.getByText('babble-poet').first()).toBeVisible();

  await page.goto('/admin/#/personas');
  await page.getByRole('button', { name: 'New persona' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Poet of the house');
  await dialog.getByRole('combobox', { name: 'Model' }).click();
  await page.getByRole('option', { name: 'babble-poet · LoRA poet' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Poet of the house')).toContainText('LoRA poet');

  const guest = await (await browser.newContext({ baseURL: baseURL ?? '', locale: 'en-US' })).newPage();
  await signUp(guest, 'listener');
  const [persona] = (await send(guest, 'GET', '/api/personas/?search=Poet of')) as { id: number }[];
  const session = (await send(guest, 'POST', '/api/sessions/', { persona: persona?.id })) as { id: number };
  await guest.goto(`/c/${session.id}`);
  await limitAnswers(guest, 20);
  await ask(guest, 'A poem, please.');
  await untilEnded(guest);
  const answered = (await send(guest, 'GET', `/api/sessions/${sessionId(guest)}/messages/`)) as { results: { role: string; model: string }[] };
  expect(answered.results.at(-1)).toMatchObject({ role: 'assistant', model: 'babble-poet' });
  await expect(lastAnswer(guest)).not.toBeEmpty();
  expect(await stored(guest)).toHaveLength(2);

  await page.getByRole('button', { name: 'Delete: Poet of the house' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await expect(row(page, 'Poet of the house')).toHaveCount(0);
  await guest.context().close();
});
