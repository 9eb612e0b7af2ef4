/** What a person does and sees, in the words of the tests. Texts are found by their role and name, as a person finds them. */
import { expect, type Locator, type Page } from '@playwright/test';

export const PASSWORD = 'an-unlikely-pass-9';

/** The administrator of the second house, which has one from the start; of the first house whoever comes first. */
export const ADMINISTRATOR = 'keeper';

/** Sign in to the administration of the second house. */
export async function signInAsAdministrator(page: Page): Promise<void> {
  await enter(page, 'login', { username: ADMINISTRATOR, password: PASSWORD });
  await page.goto('/admin/');
  await expect(page.getByRole('menuitem', { name: 'Users' })).toBeVisible();
}

/** The same as somebody does it. */
export async function signInByHand(page: Page): Promise<void> {
  await page.goto('/admin/');
  await page.getByLabel(/^Username/).fill(ADMINISTRATOR);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('menuitem', { name: 'Users' })).toBeVisible();
}

/** As a program does, which says no Origin; the cookies are the browser's. */
async function enter(page: Page, how: 'login' | 'register', data: object): Promise<void> {
  const answer = await page.request.post(`/api/auth/${how}/`, { data });
  expect(answer.ok(), `${how}: ${answer.status()} ${await answer.text()}`).toBeTruthy();
}

export interface StoredMessage {
  id: number;
  parent_id: number | null;
  role: string;
  content: string;
  status: string;
}

let nPeople = 0;

const newName = (prefix: string) => `${prefix}${Date.now() % 1_000_000}n${nPeople++}`;

/** A new account, and its first page; the first one of the house becomes its administrator. */
export async function signUp(page: Page, prefix = 'person'): Promise<string> {
  const name = newName(prefix);
  await enter(page, 'register', { username: name, email: `${name}@example.org`, password: PASSWORD });
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  return name;
}

/** The same as somebody does it, in English. */
export async function signUpByHand(page: Page, prefix = 'person'): Promise<string> {
  const name = newName(prefix);
  await page.goto('/');
  const setup = page.getByRole('button', { name: /create (the )?(administrator|account)/i });
  const login = page.getByRole('button', { name: 'Sign in' });
  await expect(setup.or(login).first()).toBeVisible();
  if (await login.isVisible()) await page.getByRole('link', { name: /create account/i }).click();
  await page.getByRole('textbox', { name: 'Username', exact: true }).fill(name);
  await page.getByRole('textbox', { name: /^Email/ }).fill(`${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await setup.first().click();
  await expect(composer(page)).toBeVisible();
  return name;
}

export function composer(page: Page): Locator {
  return page.getByTestId('composer');
}

export function answers(page: Page): Locator {
  return page.locator('[data-testid=message][data-role=assistant]');
}

export function lastAnswer(page: Page): Locator {
  return answers(page).last();
}

export async function ask(page: Page, text: string): Promise<void> {
  const before = await answers(page).count();
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(answers(page)).toHaveCount(before + 1);
}

export async function shownLength(answer: Locator): Promise<number> {
  return Number(await answer.getAttribute('data-text-length'));
}

/** Wait until the newest answer runs and shows at least `length` code points. */
export async function untilStreams(page: Page, length = 20): Promise<void> {
  await expect.poll(() => shownLength(lastAnswer(page)), { timeout: 30_000 }).toBeGreaterThan(length);
  await expect(lastAnswer(page)).toHaveAttribute('data-status', 'streaming');
}

export async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await untilEnded(page, /^stopped$/);
}

export async function untilEnded(page: Page, status = /^(complete|stopped)$/): Promise<void> {
  await expect(lastAnswer(page)).toHaveAttribute('data-status', status, { timeout: 40_000 });
}

/**
 * Ask, and wait for the whole answer with what it should know. On a busy machine recall may miss its 150 ms, and says so: then the
 * answer is asked for again, as its reader would.
 */
export async function say(page: Page, text: string): Promise<void> {
  await ask(page, text);
  await untilEnded(page, /^complete$/);
  for (let n = 0; n < 5 && (await wasLate(page)); n++) {
    const late = (await lastAnswer(page).getAttribute('data-message-id')) ?? '';
    await lastAnswer(page).getByRole('button', { name: /^(Answer again|다시 답변받기)$/ }).click();
    await expect(lastAnswer(page)).not.toHaveAttribute('data-message-id', late);
    await untilEnded(page, /^complete$/);
  }
}

async function wasLate(page: Page): Promise<boolean> {
  const id = await lastAnswer(page).getAttribute('data-message-id');
  const row = (await send(page, 'GET', `/api/messages/${id}/`)) as { metadata: { recall_timed_out: boolean } | null };
  return row.metadata?.recall_timed_out ?? false;
}

/**
 * A conversation that was made past the page, whose answers have so many tokens from the first one on: few where an answer is to end
 * by itself, many where it has to run while pages are loaded, which takes its time on a slow machine.
 */
export async function openChat(page: Page, maxTokens: number): Promise<void> {
  const { id } = (await send(page, 'POST', '/api/sessions/', {})) as { id: number };
  await page.goto(`/c/${id}`);
  await expect(composer(page)).toBeVisible();
  await limitAnswers(page, maxTokens);
}

/** From the next one on the answers of the open session have so many tokens at the most. */
export async function limitAnswers(page: Page, maxTokens: number): Promise<void> {
  await send(page, 'PATCH', `/api/sessions/${sessionId(page)}/config/`, { max_tokens: maxTokens });
}

export function sessionId(page: Page): number {
  const id = /\/c(?:hat)?\/(\d+)/.exec(page.url())?.[1];
  if (id === undefined) throw new Error(`no session in ${page.url()}`);
  return Number(id);
}

/** A REST call with the page's own cookies. */
export async function send(page: Page, method: string, path: string, data?: unknown): Promise<unknown> {
  const cookies = await page.context().cookies();
  const csrf = cookies.find((cookie) => cookie.name === 'csrftoken')?.value ?? '';
  const origin = new URL(page.url()).origin;
  const answer = await page.request.fetch(origin + path, {
    method,
    data,
    headers: { 'X-CSRFToken': csrf, Origin: origin, Referer: `${origin}/` },
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBeTruthy();
  return answer.json();
}

/** What `act` changes is stored, and in effect: the PATCH that names `what` in its address or its body was answered. */
export async function saved(page: Page, what: string, act: () => Promise<void>): Promise<void> {
  const answered = page.waitForResponse((answer) => {
    const request = answer.request();
    return request.method() === 'PATCH' && `${request.url()} ${request.postData() ?? ''}`.includes(what);
  });
  await act();
  expect((await answered).ok(), what).toBe(true);
}

export async function stored(page: Page, branch: 'active' | 'all' = 'active'): Promise<StoredMessage[]> {
  const path = `/api/sessions/${sessionId(page)}/messages/?branch=${branch}`;
  const body = (await send(page, 'GET', path)) as { results: StoredMessage[] };
  return body.results;
}

/** Every message on the page, character by character, is what the server has stored. */
export async function expectShownEqualsStored(page: Page): Promise<void> {
  const rows = await stored(page);
  await expect(page.locator('[data-testid=message]')).toHaveCount(rows.length);
  for (const row of rows) {
    const item = page.locator(`[data-testid=message][data-message-id="${row.id}"]`);
    await expect(item).toHaveAttribute('data-status', row.status);
    expect(await sourceOf(item, row.role)).toBe(row.content);
  }
}

async function sourceOf(item: Locator, role: string): Promise<string | null> {
  if (role === 'user') return item.getByTestId('message-text').textContent();
  await more(item, 'Show the source text');
  const source = await item.getByTestId('message-source').textContent();
  await more(item, 'Show it formatted');
  return source;
}

/** Choose from the menu “More” below an answer. */
export async function more(item: Locator, name: string): Promise<void> {
  await item.hover();
  await item.getByRole('button', { name: 'More', exact: true }).click();
  await item.page().getByRole('menuitem', { name }).click();
}
