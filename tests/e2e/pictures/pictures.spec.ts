/** Takes docs/screenshots/*.png: a written conversation (sample.ts), imported by REST, in light, dark, phone, Korean. */
import { resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { composer, lastAnswer, say, send, signUp } from '../people';
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
  await page.goto('/admin/#/memory');
  await expect(page.getByTestId('active')).toBeVisible();
  await shoot(page, 'admin-memory');
});

const HANDBOOK = `# 마루 사용 안내

## 휴가

연차 휴가는 1년에 열다섯 날입니다. 휴가를 쓰려면 사흘 전에 팀장에게 알려야 합니다.

## 주차

차고의 주차 이용료는 한 달에 사만 원입니다. 신청은 관리실에서 받습니다.`;

/** The house whose engine reads out what it is told. */
test.describe('documents and memory', () => {
  test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 2}`, locale: 'ko-KR' });
  test('in Korean, wide and on a phone', async ({ page }) => {
    await signUp(page, 'minseo');
    await callMe(page, '민서');
    await send(page, 'POST', '/api/memories/', { text: '커피보다 보리차를 좋아한다.' });
    await send(page, 'POST', '/api/collections/', { name: '회사' });
    const buffer = Buffer.from(HANDBOOK);
    await page.getByTestId('file-input').setInputFiles({ name: '사용 안내.md', mimeType: 'text/markdown', buffer });
    await expect(page.getByTestId('attachment')).toHaveAttribute('data-state', 'ready', { timeout: 40_000 });
    await composer(page).fill('주차 이용료는 얼마인가요?');
    await shoot(page, 'attach-ko');
    await say(page, '주차 이용료는 얼마인가요?');
    await lastAnswer(page).getByTestId('message-text').getByRole('link', { name: '[1]' }).click();
    await expect(page.getByRole('region', { name: '인용한 대목' })).toBeVisible();
    await shoot(page, 'citation-ko');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '이 대화의 설정' }).click();
    await expect(page.getByRole('combobox', { name: '문서' })).toBeVisible();
    await shoot(page, 'settings-ko');
    await page.goto('/documents');
    await page.getByRole('textbox', { name: '모든 문서에서 찾기' }).fill('주차 이용료');
    await expect(page.getByRole('list', { name: '찾은 대목' }).getByRole('button').first()).toBeVisible();
    await shoot(page, 'documents-ko');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'documents-ko-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await shoot(page, 'phone-documents-ko');
    await page.goto('/memory');
    await expect(page.getByText('보리차')).toBeVisible();
    await shoot(page, 'phone-memory-ko');
  });
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
