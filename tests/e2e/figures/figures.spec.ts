/** Start, streaming and a long conversation, measured in headless Chromium against the echo engine's house. Prints JSON lines. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, type Page, test } from '@playwright/test';
import { importLongSession } from '../longSession';
import { answers, composer, lastAnswer, limitAnswers, signUp } from '../people';
import { install, observed, watch } from '../probe';

const DIST = resolve(__dirname, '../../../frontend-chat/dist');
const FRAME_MS = 1000 / 60;
test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}` });

function tell(what: string, figures: Record<string, unknown>): void {
  console.log(JSON.stringify({ what, ...figures }));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function throttle(page: Page, rate: number): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate });
}

function gzipKb(paths: Iterable<string>): number {
  let bytes = 0;
  for (const path of paths) bytes += gzipSync(readFileSync(DIST + path), { level: 9 }).length;
  return Math.round(bytes / 102.4) / 10;
}

test('start', async ({ page, browser, baseURL }) => {
  await signUp(page);
  const cookies = await page.context().cookies();
  for (const rate of [1, 4]) {
    const lcp: number[] = [];
    const shifts: number[] = [];
    const scripts = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const context = await browser.newContext({
        baseURL: baseURL ?? '',
        locale: 'en-US',
        viewport: { width: 1280, height: 800 },
      });
      await context.addCookies(cookies);
      const fresh = await context.newPage();
      await install(fresh);
      await throttle(fresh, rate);
      fresh.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (pathname.endsWith('.js')) scripts.add(pathname);
      });
      await fresh.goto('/');
      await expect(composer(fresh)).toBeVisible();
      await fresh.waitForTimeout(1500);
      const seen = await observed(fresh);
      lcp.push(seen.lcpMs);
      shifts.push(seen.layoutShift);
      await context.close();
    }
    tell('start', {
      cpuSlowdown: rate,
      lcpMs: Math.round(median(lcp)),
      lcpMsAll: lcp.map(Math.round),
      layoutShift: Math.max(...shifts),
      jsKbGzip: gzipKb(scripts),
      nScripts: scripts.size,
    });
  }
});

test('a streaming answer of 5,000 words', async ({ page }) => {
  await install(page);
  await signUp(page);
  await composer(page).fill('The first.');
  await composer(page).press('Enter');
  await expect(lastAnswer(page)).toHaveAttribute('data-status', 'streaming');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(lastAnswer(page)).toHaveAttribute('data-status', 'stopped');
  await limitAnswers(page, 32_000);
  await composer(page).fill('The long one.');
  await composer(page).press('Enter');
  await expect(answers(page)).toHaveCount(2);
  await page.waitForTimeout(300);
  await watch(page);
  await expect(lastAnswer(page)).toHaveAttribute('data-status', 'complete', { timeout: 120_000 });
  await page.waitForTimeout(500);
  const seen = await observed(page);
  tell('streaming', {
    longTasksMs: seen.longTasks.map(Math.round),
    layoutShift: Math.round(seen.layoutShift * 10_000) / 10_000,
    frameMsWorst: Math.round(Math.max(...seen.frames)),
    droppedPercent: dropped(seen.frames),
    messagesChanged: Object.keys(seen.changed).length,
    maxChangesPerFrame: seen.maxChangesPerFrame,
  });
});

test('a conversation of 10,000 messages', async ({ page }) => {
  await install(page);
  await signUp(page);
  const id = await importLongSession(page, 10_000);
  await page.goto('/');
  await expect(composer(page)).toBeVisible();
  const row = page.locator(`[data-testid=session][data-session-id="${id}"] a`);
  await expect(row).toBeVisible();
  const openMs: number[] = [];
  for (let round = 0; round < 3; round++) {
    await page.evaluate(() => {
      Object.assign(window, { openedAt: 0 });
      const began = performance.now();
      const look = () => {
        if (document.querySelector('[data-testid=message]') && document.body.textContent?.includes('Answer 9999.'))
          Object.assign(window, { openedAt: performance.now() - began });
        else requestAnimationFrame(look);
      };
      look();
    });
    await row.click();
    await page.waitForFunction(() => (window as unknown as { openedAt: number }).openedAt > 0);
    openMs.push(await page.evaluate(() => (window as unknown as { openedAt: number }).openedAt));
    await page.getByRole('link', { name: 'New chat' }).click();
    await expect(page.locator('[data-testid=message]')).toHaveCount(0);
  }
  await row.click();
  await expect(lastAnswer(page)).toBeVisible();
  await page.mouse.move(700, 400);
  await watch(page);
  const cdp = await page.context().newCDPSession(page);
  for (let n = 0; n < 12; n++) {
    await cdp.send('Input.synthesizeScrollGesture', {
      x: 700,
      y: 400,
      yDistance: 6000,
      speed: 2400,
      gestureSourceType: 'mouse',
    });
  }
  const seen = await observed(page);
  tell('long conversation', {
    openMs: Math.round(median(openMs)),
    openMsAll: openMs.map(Math.round),
    scrolledFrames: seen.frames.length,
    droppedPercent: dropped(seen.frames),
    longTasksMs: seen.longTasks.map(Math.round),
    maxNodes: seen.maxNodes,
    articles: await page.locator('[data-testid=message]').count(),
  });
});

/** Frames that should have come and did not, of all that should have. */
function dropped(frames: number[]): number {
  const due = frames.map((ms) => Math.max(1, Math.round(ms / FRAME_MS)));
  const all = due.reduce((sum, n) => sum + n, 0);
  return Math.round(((all - frames.length) / all) * 1000) / 10;
}
