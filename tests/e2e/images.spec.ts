/** Images in the chat: pasted, sent to a model that sees, looked at again; and what is said where the model does not see. */
import { expect, type Page, test } from '@playwright/test';
import { ask, composer, lastAnswer, limitAnswers, send, signInAsAdministrator, signUp, untilStreams } from './people';
import { look } from './surfaces/look';
import { MODEL, type SeeingEngine, seeingEngine } from './seeingEngine';

const port = Number(process.env.E2E_PORT ?? 8123);
test.use({ baseURL: `http://127.0.0.1:${port + 1}`, permissions: ['clipboard-read', 'clipboard-write'] });

let engine: SeeingEngine;

test.beforeAll(async ({ browser }) => {
  engine = await seeingEngine(port + 9);
  await asKeeper(browser.newPage({ locale: 'en-US' }), async (page) => {
    await send(page, 'POST', '/api/admin/engines/', { url: engine.url, name: 'eye', may_be_private: true });
    await expect
      .poll(async () => JSON.stringify(await (await page.request.get('/api/llm/models/')).json()), { timeout: 20_000 })
      .toContain(MODEL);
    await send(page, 'PATCH', '/api/admin/settings/', { default_model: MODEL });
  });
});

test.afterAll(async ({ browser }) => {
  await asKeeper(browser.newPage({ locale: 'en-US' }), async (page) => {
    await send(page, 'PATCH', '/api/admin/settings/', { default_model: null });
    await send(page, 'DELETE', '/api/admin/engines/eye/').catch(() => undefined); // 204 has no JSON
  });
  engine.close();
});

async function asKeeper(opening: Promise<Page>, work: (page: Page) => Promise<void>): Promise<void> {
  const page = await opening;
  await signInAsAdministrator(page);
  await work(page);
  await page.close();
}

/** A picture that was drawn here, put on the real clipboard and pasted with the real key. */
async function pastePicture(page: Page, hue: number): Promise<void> {
  await page.evaluate(async (from) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 420];
    const pen = canvas.getContext('2d') as CanvasRenderingContext2D;
    for (let n = 0; n < 7; n += 1) {
      pen.fillStyle = `hsl(${from} 45% ${34 + n * 5}%)`;
      pen.fillRect(0, n * 60, 640, 58);
    }
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob as Blob })]);
  }, hue);
  await composer(page).focus();
  await page.keyboard.press('ControlOrMeta+v');
}

const sentImages = (page: Page) => page.locator('[data-testid=message][data-role=user]').getByRole('img');

for (const [locale, colorScheme] of [['en-US', 'light'], ['ko-KR', 'dark']] as const) {
  test.describe(locale, () => {
    test.use({ locale, colorScheme });
    const isKorean = locale === 'ko-KR';

    test('a pasted image is sent, seen by the model byte for byte, and opens large', async ({ page }) => {
      await signUp(page);
      await pastePicture(page, 28);
      await pastePicture(page, 205);
      await expect(page.getByTestId('attachment')).toHaveCount(2);
      for (const n of [0, 1]) await expect(page.getByTestId('attachment').nth(n)).toHaveAttribute('data-state', 'ready');
      await expect(page.getByTestId('sight')).toHaveCount(0);
      await composer(page).fill(isKorean ? '이 바닥은 무엇으로 만들었을까?' : 'What is this floor made of?');
      await look(page, `images-strip-${locale}`);
      await composer(page).press('Enter');
      await expect(lastAnswer(page)).toContainText('I see 2 images');

      await expect(sentImages(page)).toHaveCount(2);
      const kept = await sentImages(page).evaluateAll((nodes) =>
        Promise.all(
          nodes.map(async (node) => {
            const answer = await fetch((node as HTMLImageElement).src);
            const bytes = new Uint8Array(await answer.arrayBuffer());
            return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
          }),
        ),
      );
      expect(engine.shown.at(-1)).toEqual(kept);
      await look(page, `images-sent-${locale}`);

      await page.getByRole('button', { name: isKorean ? /열기$/ : /^Open image/ }).first().click();
      const dialog = page.getByTestId('image-dialog');
      await expect.poll(() => dialog.getByRole('img').evaluate((node: HTMLImageElement) => node.naturalWidth)).toBe(640);
      await look(page, `images-large-${locale}`);
      await page.keyboard.press('ArrowRight');
      await expect(dialog).toContainText(isKorean ? '2장 중 2번째' : '2 of 2');
      await page.keyboard.press('Escape');
      await expect(dialog).toHaveCount(0);

      await ask(page, isKorean ? '색은?' : 'And its colour?');
      await expect(lastAnswer(page)).toContainText('I see 2 images');
      expect(engine.shown.at(-1)).toEqual(kept);
    });

    test('of a model that does not see it is said before sending, and nothing is lost', async ({ page }) => {
      await signUp(page);
      await pastePicture(page, 120);
      await expect(page.getByTestId('attachment')).toHaveAttribute('data-state', 'ready');
      // A suggestion takes it along.
      await page.getByRole('button', { name: isKorean ? /^설명/ : /^Explain/ }).click();
      await expect(lastAnswer(page)).toContainText('I see 1 image');
      await page.getByRole('button', { name: new RegExp(MODEL) }).click();
      await page.getByRole('menuitem', { name: 'echo' }).click();
      await pastePicture(page, 300);
      await expect(page.getByTestId('sight')).toContainText('echo');
      const words = isKorean ? '그럼 이건?' : 'And this?';
      await composer(page).fill(words);
      await composer(page).press('Enter');
      await expect(composer(page)).toHaveValue(words);
      await look(page, `images-blind-${locale}`);
      await limitAnswers(page, 4000); // it still runs when it is stopped
      await page.getByTestId('attachment').getByRole('button').click();
      await composer(page).press('Enter');
      await untilStreams(page);
      await page.getByRole('button', { name: isKorean ? '중지' : 'Stop', exact: true }).click();
      await expect(page.getByTestId('left-out-images')).toBeVisible();
      await look(page, `images-left-out-${locale}`);
    });
  });
}
