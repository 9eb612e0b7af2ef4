/**
 * Takes the pictures of the README from a running, still empty house: `make run MARU_DATA_DIR=/tmp/pictures`, then
 *   node tools/screenshots.cjs [http://127.0.0.1:8000] [question …]
 * What stands in them was said by the model that runs; nothing is staged. Chromium is Debian's (or E2E_CHROMIUM).
 */
const path = require('node:path');
const { chromium } = require('../frontend-chat/node_modules/@playwright/test');

const [house = 'http://127.0.0.1:8000', ...asked] = process.argv.slice(2);
const questions = asked.length > 0 ? asked : ['안녕하세요! 마루는 어떤 곳이에요?', '모델은 어떻게 추가하나요?'];
const folder = path.join(__dirname, '../docs/screenshots');
const account = { username: 'harim', password: 'a quiet wooden floor 7' };
const shoot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`) });

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await context.request.post(`${house}/api/auth/register/`, { data: { ...account, email: 'harim@example.org' } });
  const page = await context.newPage();
  await page.goto(house);
  for (const [n, question] of questions.entries()) {
    await page.getByTestId('composer').fill(question);
    await page.getByTestId('composer').press('Enter');
    const answer = page.locator('[data-testid=message][data-role=assistant]').nth(n);
    await answer.waitFor();
    await page.waitForFunction(
      (index) => {
        const found = document.querySelectorAll('[data-testid=message][data-role=assistant]')[index];
        return found && ['complete', 'stopped', 'failed'].includes(found.dataset.status ?? '');
      },
      n,
      { timeout: 180_000 },
    );
  }
  await page.mouse.move(640, 5);
  await shoot(page, 'chat');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'chat-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${house}/admin/`);
  await page.getByText('harim@example.org').waitFor();
  await shoot(page, 'admin');
  await browser.close();
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
