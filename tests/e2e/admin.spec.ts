/** The first account runs the house; staff gets in at /admin/, nobody else does. Runs first: the house is new. */
import { expect, test } from '@playwright/test';
import { signUp, signUpByHand, stop, untilStreams } from './people';

test('the first person becomes the administrator and sees accounts and conversations at /admin/', async ({ browser, page }) => {
  await page.goto('/');
  const setup = await (await page.request.get('/api/auth/setup/')).json();
  test.skip(!setup.needs_setup, 'the house has its administrator already');
  await expect(page.getByRole('heading', { name: 'Create the administrator' })).toBeVisible();
  const admin = await signUpByHand(page, 'admin');

  await page.goto('/admin/');
  await expect(page.getByRole('menuitem', { name: 'Users' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Live', exact: true, level: 1 })).toBeVisible();
  await page.getByRole('menuitem', { name: 'Users' }).click();
  await expect(page.getByText(admin, { exact: true }).first()).toBeVisible();
  await page.getByRole('menuitem', { name: 'Conversations' }).click();
  await expect(page).toHaveURL(/#\/sessions/);

  const stranger = await browser.newContext();
  const door = await stranger.newPage();
  await signUp(door, 'visitor');
  await door.goto('/admin/');
  await expect(door.getByText('This place is for staff.', { exact: false })).toBeVisible();
  expect((await door.request.get('/api/admin/users/')).status()).toBe(403);
  await stranger.close();
});

test('someone else’s conversation does not exist', async ({ browser, page }) => {
  await signUp(page, 'owner');
  await page.getByTestId('composer').fill('mine alone');
  await page.getByTestId('composer').press('Enter');
  await page.waitForURL(/\d+$/);
  await untilStreams(page);
  await stop(page);
  const address = page.url();
  const context = await browser.newContext();
  const other = await context.newPage();
  await signUp(other, 'outsider');
  await other.goto(address);
  await expect(other.getByText('There is nothing here')).toBeVisible();
  await expect(other.getByText('mine alone')).toHaveCount(0);
  await context.close();
});

test('a sign-out closes the conversation in the other tab', async ({ page, context }) => {
  await signUp(page, 'leaver');
  const other = await context.newPage();
  await other.goto('/');
  await expect(other.getByTestId('composer')).toBeVisible();
  const cookies = await context.cookies();
  const csrf = cookies.find((cookie) => cookie.name === 'csrftoken')?.value ?? '';
  const origin = new URL(page.url()).origin;
  const answer = await page.request.post('/api/auth/logout/', { headers: { 'X-CSRFToken': csrf, Origin: origin } });
  expect(answer.status()).toBe(204);
  await expect(other.getByLabel('Password', { exact: true })).toBeVisible();
});
