/** Takes docs/screenshots/*.png: a written conversation (sample.ts), imported by REST, in light, dark, phone, Korean. */
import { resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { lastAnswer, send, signUp } from '../people';
import { sample } from './sample';

const OUT = resolve(__dirname, '../../../docs/screenshots') + '/';
const TITLES = ['주말 서울 산책 계획', 'A friendlier README', '이메일 다듬기', 'Why is the sky blue?', '파이썬 리스트 질문'];

test.use({ viewport: { width: 1280, height: 800 } });

async function open(page: Page): Promise<void> {
  for (const title of TITLES) await send(page, 'POST', '/api/sessions/', { title });
  const body = (await send(page, 'POST', '/api/sessions/import/', sample)) as { sessions: { id: number }[] };
  await page.goto(`/c/${body.sessions[0]?.id}`);
  await expect(lastAnswer(page).getByTestId('diagram')).toBeVisible();
  await expect(lastAnswer(page).locator('.katex').first()).toBeVisible();
  await page.waitForFunction(() => document.fonts.status === 'loaded');
}

async function toBeginning(page: Page): Promise<void> {
  const conversation = page.getByRole('region', { name: /^(Conversation|대화)$/ });
  await conversation.evaluate((list) => list.scrollTo({ top: 0 }));
  await expect(page.getByRole('heading', { name: 'What it is made of' })).toBeVisible();
  await page.waitForFunction(() => document.fonts.status === 'loaded');
}

async function callMe(page: Page, name: string): Promise<void> {
  await send(page, 'PATCH', '/api/auth/me/', { display_name: name });
  await page.reload();
  await expect(page.getByTestId('composer')).toBeVisible();
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: `${OUT}${name}.png`, animations: 'disabled' });
}

test('admin and chat', async ({ page }) => {
  await signUp(page, 'harim');
  await callMe(page, '하림');
  await shoot(page, 'empty');
  await open(page);
  await shoot(page, 'answer');
  await toBeginning(page);
  await shoot(page, 'chat');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'chat-dark');
  await page.goto('/admin/');
  await expect(page.getByRole('menuitem', { name: 'Users' })).toBeVisible();
  await shoot(page, 'admin');
});

test.describe('phone, Korean', () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, locale: 'ko-KR' });
  test('chat', async ({ page, browser, baseURL }) => {
    const english = await browser.newContext({ baseURL: baseURL ?? '', locale: 'en-US' });
    const door = await english.newPage();
    await signUp(door, 'sumi');
    await callMe(door, '수미');
    await page.context().addCookies(await english.cookies());
    await english.close();
    await page.goto('/');
    await expect(page.getByTestId('composer')).toBeVisible();
    await shoot(page, 'phone-ko-empty');
    await open(page);
    await shoot(page, 'phone-ko-answer');
    await toBeginning(page);
    await shoot(page, 'phone-ko');
  });
});
