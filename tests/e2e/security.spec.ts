/** Hostile text in messages, titles, folders, names, file names, personas, prompts, memories and documents: nothing runs, and nothing leaves
    this origin. */
import { expect, type Page, test } from '@playwright/test';
import { composer, send, signUp } from './people';

const RUN = 'window.__ran=1';
const OUT = 'http://evil.example';
const html = [
  `<script>${RUN}</script>`, `<img src=x onerror="${RUN}">`, `<svg onload="${RUN}">`, `<svg><script>${RUN}</script></svg>`,
  `<iframe src="javascript:${RUN}">`, `<iframe srcdoc="<script>parent.${RUN.slice(7)}</script>">`, `<body onload="${RUN}">`,
  `<details open ontoggle="${RUN}">`, `<input autofocus onfocus="${RUN}">`, `<video src=x onerror="${RUN}">`, `<audio src=x onerror="${RUN}">`,
  `<object data="javascript:${RUN}">`, `<embed src="javascript:${RUN}">`, `<math href="javascript:${RUN}">x</math>`, `<form action="javascript:${RUN}"><button>x`,
  `<a href="javascript:${RUN}">x</a>`, `<link rel=stylesheet href="${OUT}/x.css">`, `<style>@import "${OUT}/x.css";</style>`, `<base href="${OUT}/">`,
  `<meta http-equiv=refresh content="0;url=${OUT}">`, `<img src="${OUT}/p.png">`, `<svg><image href="${OUT}/p.png"/></svg>`, `<video poster="${OUT}/p.png">`,
  `<img srcset="${OUT}/p.png 1x">`, `<picture><source srcset="${OUT}/p.png"><img></picture>`, `<input type=image src="${OUT}/p.png">`, `<table background="${OUT}/p.png">`,
  `<div style="background:url(${OUT}/p.png)">x</div>`, `<marquee onstart="${RUN}">`, `<select autofocus onfocus="${RUN}">`, `<textarea autofocus onfocus="${RUN}">`,
  `<keygen autofocus onfocus="${RUN}">`, `<svg><animate onbegin="${RUN}" attributeName=x dur=1s>`, `<svg><set onbegin="${RUN}" attributeName=x>`, `<isindex type=image src=1 onerror="${RUN}">`,
  `"><script>${RUN}</script>`, `'><img src=x onerror=${RUN}>`, `</title><script>${RUN}</script>`, `</textarea><script>${RUN}</script>`, `</script><script>${RUN}</script>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`, `<SCRIPT>${RUN}</SCRIPT>`, `<script\n>${RUN}</script>`, `<script/x>${RUN}</script>`, `<img/src=x/onerror=${RUN}>`, `<<script>${RUN}//<</script>`,
  `<svg/onload=${RUN}>`, `<img src=x:x onerror\n=${RUN}>`, `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`, `<template><script>${RUN}</script></template>`,
  `<xmp><script>${RUN}</script></xmp>`, `<!--><script>${RUN}</script>-->`, `<![CDATA[<script>${RUN}</script>]]>`, `<?xml version="1.0"?><script>${RUN}</script>`,
];
const markdown = [
  `[x](javascript:${RUN})`, `[x](JaVaScRiPt:${RUN})`, `[x](java\tscript:${RUN})`, `[x](java&#x09;script:${RUN})`, `[x](&#106;avascript:${RUN})`, `[x](vbscript:${RUN})`,
  `[x](data:text/html,<script>${RUN}</script>)`, `[x](data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19yYW49MTwvc2NyaXB0Pg==)`, `[x]( javascript:${RUN})`, `[x](<javascript:${RUN}>)`,
  `<javascript:${RUN}>`, `![x](javascript:${RUN})`, `![x](${OUT}/p.png)`, `![x](//evil.example/p.png)`, `![x](data:image/svg+xml,<svg onload="${RUN}">)`, `[![x](${OUT}/p.png)](javascript:${RUN})`,
  `[x]: javascript:${RUN}\n\n[x]`, `![x]\n\n[x]: ${OUT}/p.png`, `[x](${OUT} "onmouseover=${RUN}")`, `[x](${OUT}" onmouseover="${RUN})`, `\`<script>${RUN}</script>\``, `\`\`\`html\n<script>${RUN}</script>\n\`\`\``,
  `\`\`\`"><script>${RUN}</script>\nx\n\`\`\``, `\`\`\`mermaid\ngraph TD; a["<img src=x onerror=${RUN}>"]\n\`\`\``, `\`\`\`mermaid\n%%{init:{"securityLevel":"loose"}}%%\ngraph TD; a-->b; click a "javascript:${RUN}"\n\`\`\``,
  `\`\`\`svg\n<svg onload="${RUN}"/>\n\`\`\``, `$\\href{javascript:${RUN}}{x}$`, `$$\\url{javascript:${RUN}}$$`, `$\\includegraphics{${OUT}/p.png}$`, `$\\htmlData{x=1}{y}$`, `$\\def\\x{\\x\\x}\\x$`,
  `| a |\n|---|\n| <img src=x onerror=${RUN}> |`, `- [ ] <img src=x onerror=${RUN}>`, `# <svg onload=${RUN}>`, `> <script>${RUN}</script>`, `**<script>${RUN}</script>**`, `~~<img src=x onerror=${RUN}>~~`,
  `[^1]\n\n[^1]: <script>${RUN}</script>`, `www.evil.example`, `${OUT}/auto`, `mailto:x@evil.example?body=<script>`, `<${OUT}>`, `&lt;script&gt;${RUN}&lt;/script&gt;`, `&#60;script&#62;${RUN}&#60;/script&#62;`,
  `<think><script>${RUN}</script></think>ok`, `<|im_start|>system<script>${RUN}</script>`, `{{constructor.constructor('${RUN}')()}}`, `\${${RUN}}`, `{{7*7}}<script>${RUN}</script>`, `\u202Egnp.exe<script>${RUN}</script>`,
];
/** Each string as it is, and inside what Markdown and HTML put around it: quoted, listed, in a table, broken out of an attribute. */
const AROUND: ((text: string) => string)[] = [
  (text) => text,
  (text) => `"'>${text}`,
  (text) => `> - ${text.replaceAll('\n', '\n>   ')}`,
  (text) => `| ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')} |\n|---|\n| **${text.replaceAll('\n', ' ')}** |`,
  (text) => text.replaceAll('<', '&lt;').replaceAll('javascript', 'java&#115;cript').replaceAll('evil', '%65vil'),
];
const PAYLOADS = [...new Set([...html, ...markdown].flatMap((text) => AROUND.map((around) => around(text))))];
const AT_ONCE = 40;

test(`${PAYLOADS.length} hostile strings: 0 executions, 0 requests to elsewhere`, async ({ page, baseURL }) => {
  test.setTimeout(420_000);
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(500);
  const elsewhere: string[] = [];
  const dialogs: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && origin !== baseURL) elsewhere.push(request.url());
  });
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    dialog.dismiss().catch(() => undefined);
  });
  await signUp(page);
  await send(page, 'PATCH', '/api/auth/me/', { display_name: (PAYLOADS[1] ?? '').slice(0, 80) });
  const ids: number[] = [];
  for (let start = 0; start < PAYLOADS.length; start += AT_ONCE) {
    ids.push(await converse(page, PAYLOADS.slice(start, start + AT_ONCE)));
  }
  await page.setViewportSize({ width: 1280, height: 4000 }); // fewer steps to the top
  for (const id of ids) {
    await page.goto(`/c/${id}`);
    await expect(page.locator('[data-testid=message]').first()).toBeVisible();
    await scrollThrough(page);
    await expectNothingRan(page);
  }
  await page.goto('/');
  await page.getByTestId('folder').first().click();
  await page.getByRole('textbox', { name: 'Search conversations' }).fill('script');
  await expect(page.getByTestId('hit').first()).toBeVisible();
  await expectNothingRan(page);
  await furnish(page);
  for (const path of ['/personas', '/prompts', '/memory', '/documents']) {
    await page.goto(path);
    await expect(page.getByText('__ran=1').first()).toBeVisible();
    await expectNothingRan(page);
  }
  await page.getByRole('textbox', { name: 'Search in all documents' }).fill('crowns');
  await page.getByRole('list', { name: 'Passages found' }).getByRole('button').first().click();
  await expect(page.getByRole('region', { name: 'Cited passage' })).toBeVisible();
  await expectNothingRan(page);
  await talkToPersona(page);
  for (const path of ['/settings/profile', '/settings/keys', '/settings/logins']) {
    await page.goto(path);
    await expect(page.getByRole('tabpanel').locator('h2').first()).toBeVisible();
    await expectNothingRan(page);
  }
  await page.goto('/');
  for (const name of [`<img src=x onerror=${RUN}>.png`, `"><svg onload=${RUN}>.png`]) {
    await page.getByTestId('file-input').setInputFiles({ name, mimeType: 'image/png', buffer: Buffer.from('no image') });
  }
  await expect(page.getByTestId('attachment')).toHaveCount(2);
  await composer(page).fill(`<script>${RUN}</script>`);
  await expectNothingRan(page);
  expect(dialogs).toEqual([]);
  expect(elsewhere).toEqual([]);
});

/** Names and texts of everything that is kept beside conversations. */
async function furnish(page: Page): Promise<void> {
  const short = PAYLOADS.filter((text) => text.length <= 60 && text.includes('__ran=1')).slice(0, 20);
  for (const [n, name] of short.entries()) {
    const text = `${name} costs forty crowns`;
    await send(page, 'POST', '/api/personas/', { name, avatar: name.slice(0, 8), description: text, greeting: text, context: text });
    await send(page, 'POST', '/api/prompts/', { command: `x${n}`, title: name, content: text });
    await send(page, 'POST', '/api/memories/', { text });
    await send(page, 'POST', '/api/documents/', { title: name, text });
    await send(page, 'POST', '/api/collections/', { name });
  }
  await expect
    .poll(async () => ((await send(page, 'GET', '/api/documents/?limit=200')) as { results: { status: string }[] }).results.every(({ status }) => status === 'ready'), { timeout: 120_000 })
    .toBe(true);
}

/** Its name in the header, its greeting as the first message, a document's name beside a question. */
async function talkToPersona(page: Page): Promise<void> {
  const personas = (await send(page, 'GET', '/api/personas/')) as { id: number; name: string }[];
  const documents = (await send(page, 'GET', '/api/documents/')) as { results: { id: number; title: string }[] };
  const hostile = personas.filter(({ name }) => name.includes('__ran=1'));
  const document = documents.results[0];
  const session = (await send(page, 'POST', '/api/sessions/', { persona: hostile[0]?.id })) as { id: number };
  await send(page, 'POST', `/api/sessions/${session.id}/messages/`, {
    content: 'crowns?',
    attachments: [{ kind: 'document', id: document?.id, name: document?.title }],
  });
  await page.goto(`/c/${session.id}`);
  await expect(page.getByTestId('persona')).toContainText('__ran=1');
  await expect(page.locator('[data-testid=message][data-role=user]')).toContainText('crowns?');
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await page.getByRole('combobox', { name: 'Documents' }).click();
  await expect(page.getByRole('option').first()).toBeVisible();
  await expectNothingRan(page);
}

/** Payloads as questions and as answers; title and folder are payloads, too. */
async function converse(page: Page, texts: string[]): Promise<number> {
  const messages = texts.flatMap((text, n) => [
    { key: 2 * n, parent: n === 0 ? null : 2 * n - 1, role: 'user', content: text },
    { key: 2 * n + 1, parent: 2 * n, role: 'assistant', content: text },
  ]);
  const session = { title: (texts[0] ?? '').slice(0, 200), folder: (texts[1] ?? '').slice(0, 80) };
  const document = { format: 'maru.session', version: 1, session, messages, active_leaf: messages.length - 1 };
  const made = (await send(page, 'POST', '/api/sessions/import/', document)) as { sessions: { id: number }[] };
  await send(page, 'POST', '/api/auth/keys/', { name: (texts[2] ?? 'x').slice(0, 80), scopes: ['read'] }).catch(() => undefined);
  return made.sessions[0]?.id ?? 0;
}

async function scrollThrough(page: Page): Promise<void> {
  const list = page.getByRole('region', { name: 'Conversation' });
  for (let step = 0; step < 80; step++) {
    const top = await list.evaluate((node) => {
      node.scrollBy(0, -node.clientHeight);
      return node.scrollTop;
    });
    if (top === 0) return;
    await page.waitForTimeout(40);
  }
}

async function expectNothingRan(page: Page): Promise<void> {
  expect(await page.evaluate(() => '__ran' in window)).toBe(false);
}
