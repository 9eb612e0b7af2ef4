/** The live view: staff sees what runs, by name and figure, and an administrator pulls the levers. */
import { expect, type Page, test } from '@playwright/test';
import { ask, lastAnswer, openChat, send, signInByHand, signUp, untilStreams } from './people';
import { expectAccessible, WCAG } from './surfaces/look';

// The echo engine's house: its answers last long enough to be looked at.
test.use({ baseURL: `http://127.0.0.1:${Number(process.env.E2E_PORT ?? 8123) + 1}` });

const SECRET = 'a secret that no dashboard shows';

async function inLanguage(page: Page, language: 'en' | 'ko', mode: 'light' | 'dark'): Promise<void> {
  await page.goto('/admin/');
  await page.evaluate(
    ([language, mode]) => {
      localStorage.setItem('maru.language', language ?? '');
      localStorage.setItem('RaStoremaru.admin.theme', JSON.stringify(mode));
    },
    [language, mode],
  );
  await page.reload();
}

test('what runs is seen and can be stopped; the queue pauses and goes on; it is all in the audit log', async ({ browser }) => {
  test.setTimeout(180_000);
  const house = await browser.newContext();
  const admin = await house.newPage();
  await signInByHand(admin);
  const guest = await browser.newContext();
  const chat = await guest.newPage();
  const name = await signUp(chat, 'talker');
  // However slow the machine: the reply must still run when the administrator has found the button that stops it.
  await openChat(chat, 5000);
  await ask(chat, SECRET);
  await untilStreams(chat, 50);

  await admin.goto('/admin/');
  await expect(admin.getByRole('heading', { name: 'Live', exact: true, level: 1 })).toBeVisible();
  await expect(admin.locator('output')).toHaveText('Live');
  const row = admin.getByTestId('live-request').filter({ hasText: name });
  await expect(row).toContainText('Writing');
  expect(await admin.locator('body').textContent()).not.toContain(SECRET);

  // What the page says is what the engine itself says.
  const engine = (await (await admin.request.get('/api/llm/stats/')).json()) as { n_running: number };
  await expect(admin.getByRole('listitem').filter({ hasText: 'Running' })).toContainText(String(engine.n_running));

  await row.getByRole('button', { name: `Stop the reply of ${name}` }).click();
  await admin.getByRole('button', { name: 'Confirm' }).click();
  await expect(lastAnswer(chat)).toHaveAttribute('data-status', 'stopped');
  await expect(row).toHaveCount(0);

  await admin.getByRole('button', { name: 'Pause the queue' }).click();
  await admin.getByRole('button', { name: 'Confirm' }).click();
  await expect(admin.getByText('The queue is paused', { exact: false })).toBeVisible();
  await ask(chat, 'Another question.');
  await expect(row).toContainText('Waiting, place 1');
  await admin.getByRole('button', { name: 'Resume the queue' }).click();
  await admin.getByRole('button', { name: 'Confirm' }).click();
  await expect(row).toContainText('Writing');
  await send(chat, 'POST', `/api/messages/${await lastAnswer(chat).getAttribute('data-message-id')}/stop/`);

  await admin.getByRole('menuitem', { name: 'Audit log' }).click();
  for (const act of ['Reply stopped', 'Queue paused', 'Queue resumed']) {
    await expect(admin.getByText(act, { exact: true }).first()).toBeVisible();
  }

  // Staff sees the same, and has no lever that touches everybody.
  const users = (await send(admin, 'GET', `/api/admin/users/?search=${name}`)) as { results: { id: number }[] };
  await send(admin, 'PATCH', `/api/admin/users/${users.results[0]?.id}/`, { role: 'staff' });
  await chat.goto('/admin/');
  await expect(chat.locator('output')).toHaveText('Live');
  await expect(chat.getByRole('button', { name: 'Pause the queue' })).toHaveCount(0);
  await expect(chat.getByRole('button', { name: /^Drain/ })).toHaveCount(0);
  const refused = await chat.request.post('/api/admin/live/queue/', {
    data: { is_paused: true },
    headers: {
      'X-CSRFToken': (await guest.cookies()).find((cookie) => cookie.name === 'csrftoken')?.value ?? '',
      Origin: new URL(chat.url()).origin,
    },
  });
  expect(refused.status()).toBe(403);
  await guest.close();

  for (const [language, mode, live] of [['en', 'light', 'Live'], ['ko', 'dark', '실시간']] as const) {
    await inLanguage(admin, language, mode);
    await expect(admin.getByRole('heading', { name: live, exact: true, level: 1 })).toBeVisible();
    await expect(admin.locator('output')).toHaveText(live);
    await expectAccessible(admin, `${language} ${mode}`, { tags: WCAG });
  }
  await house.close();
});

test('a plain account is told that this place is not theirs, and its socket hears nothing', async ({ page }) => {
  await signUp(page, 'plain');
  const answer = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/ws/events/`, 'maru.v1');
        socket.onopen = () => socket.send('{"type":"watch_stats"}');
        socket.onmessage = (event) => {
          const frame = JSON.parse(String(event.data)) as { type: string; code?: string };
          if (frame.type === 'error' || frame.type === 'stats') resolve(frame.code ?? frame.type);
        };
      }),
  );
  expect(answer).toBe('forbidden');
});
