/** What the chat can show: its pages, and everything that opens over them. */
import { expect, type Locator, type Page } from '@playwright/test';
import { composer, lastAnswer, say, send } from '../people';
import { filled, type Locale, WORDS } from '../words';
import { closeAll, type Surface } from './look';

/** What is in the account that is looked at. */
export interface Furnished {
  /** The written conversation of pictures/sample.ts. */
  sample: number;
  /** A conversation whose answer the model made, with a passage and memories. */
  made: number;
  /** A conversation in which two models have answered, and nobody has voted. */
  compared: number;
  /** A conversation that came in with an image. */
  pictured: number;
  /** The address of a shared copy. */
  shared: string;
}

export function guestSurfaces(): Surface[] {
  const page = (path: string) => async (page: Page) => {
    await page.goto(path);
    await expect(page.locator('form')).toBeVisible();
  };
  const fresh = async (page: Page) => {
    await page.route('**/api/auth/setup/', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), needs_setup: true, needs_code: true } });
    });
    await page.goto('/setup');
    await expect(page.locator('form')).toBeVisible();
  };
  return [
    { name: 'login', open: page('/login') },
    { name: 'register', open: page('/register') },
    { name: 'setup', open: fresh, close: (page) => page.unroute('**/api/auth/setup/') },
  ];
}

export function chatSurfaces(locale: Locale, there: Furnished): Surface[] {
  const words = WORDS[locale];
  const at = (path: string, until: (page: Page) => Locator) => async (page: Page) => {
    await page.goto(path);
    await expect(until(page)).toBeVisible();
  };
  /** A page, once: what follows on it opens from where one is. */
  const on = async (page: Page, path: string, until: Locator) => {
    if (new URL(page.url()).pathname !== path) await page.goto(path);
    await expect(until).toBeVisible();
  };
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  const library = (page: Page) => page.getByRole('main').getByRole('listitem').first();
  const isPhone = (page: Page) => (page.viewportSize()?.width ?? 0) < 900;
  const openChat = (id: number) => async (page: Page) => {
    await on(page, `/c/${id}`, lastAnswer(page));
  };
  const sidebar = async (page: Page) => {
    if (isPhone(page) && !(await page.locator('.MuiDrawer-root').isVisible())) await button(page, words.sessions.open).click();
    await expect(page.getByTestId('session').first()).toBeVisible();
  };
  /** On a phone the list lies in a drawer: it goes too when a page is loaded anew. */
  const leave = (page: Page) => page.goto('/');
  const rowMenu = async (page: Page) => {
    await on(page, '/', composer(page));
    await sidebar(page);
    await page.getByTestId('session').first().getByRole('button').last().click();
    await expect(page.getByRole('menu')).toBeVisible();
  };
  const rowAct = (name: string) => async (page: Page) => {
    await rowMenu(page);
    await page.getByRole('menuitem', { name }).click();
    await expect(page.getByRole('menu')).toBeHidden();
  };
  const answerMenu = (id: number, item?: string) => async (page: Page) => {
    await openChat(id)(page);
    await lastAnswer(page).hover();
    await lastAnswer(page).getByRole('button', { name: words.chat.more, exact: true }).click();
    if (item) await page.getByRole('menuitem', { name: item }).click();
  };
  const inChat = (id: number, name: string | RegExp) => async (page: Page) => {
    await openChat(id)(page);
    await button(page, name).last().click();
  };
  /** A second press takes the first back, also that of an earlier walk. */
  const rateBad = (id: number) => async (page: Page) => {
    await openChat(id)(page);
    const bad = button(page, words.chat.bad).last();
    if ((await bad.getAttribute('aria-pressed')) === 'true') await bad.click();
    await expect(bad).toHaveAttribute('aria-pressed', 'false');
    await bad.click();
  };
  const compareDialog = async (page: Page) => {
    await openChat(there.sample)(page);
    await page.getByTestId('compare-switch').click();
    await expect(page.getByRole('dialog')).toBeVisible();
  };
  const inLibrary = (path: string, ...names: (string | RegExp)[]) => async (page: Page) => {
    await on(page, path, library(page));
    for (const name of names) await button(page, name).first().click();
  };
  const menuItem = (path: string, menu: string, item: string) => async (page: Page) => {
    await inLibrary(path, menu)(page);
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  const part = (name: string) => async (page: Page) => {
    await page.goto(`/settings/${name}`);
    await expect(page.getByRole('tabpanel').locator('h2').first()).toBeVisible();
    await expect(page.getByRole('tab', { selected: true })).toBeInViewport({ ratio: 1 });
  };
  const inPart = (name: string, label: string | RegExp) => async (page: Page) => {
    await on(page, `/settings/${name}`, page.getByRole('tabpanel').locator('h2').first());
    await button(page, label).first().click();
  };
  const personaMenu = filled(words.personas.menu, { name: 'Keeper' });
  const documentMenu = filled(words.documents.actions, { title: 'Garage' });

  const pages: Surface[] = [
    { name: 'new chat', open: at('/', composer) },
    {
      name: 'temporary chat',
      open: async (page) => {
        await page.goto('/?temporary');
        await expect(composer(page)).toBeVisible();
      },
    },
    {
      name: 'conversation',
      open: async (page) => {
        await page.goto(`/c/${there.sample}`);
        const picture = lastAnswer(page).getByTestId('diagram').locator('img');
        await expect(picture).toBeVisible();
        await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
        expect(await picture.evaluate(isCutOff), 'the diagram was measured at rest').toBe(false);
      },
    },
    { name: 'conversation with sources', open: at(`/c/${there.made}`, lastAnswer) },
    { name: 'two answers', open: at(`/c/${there.compared}`, (page) => page.getByTestId('side-b').or(page.getByTestId('side-a')).first()) },
    { name: 'personas', open: at('/personas', library) },
    { name: 'prompts', open: at('/prompts', library) },
    { name: 'memory', open: at('/memory', library) },
    { name: 'documents', open: at('/documents', library) },
    ...['general', 'profile', 'logins', 'keys', 'webhooks', 'usage', 'data'].map((name) => ({
      name: `settings ${name}`,
      open: part(name),
    })),
    { name: 'not found', open: at('/not-found', (page) => page.getByRole('heading', { level: 1 })) },
    { name: 'shared copy', open: at(there.shared, (page) => page.getByTestId('shared-message').first()) },
  ];

  const list: Surface[] = [
    { name: 'side bar', of: ['pages/ChatLayout.tsx'], only: 'phone', open: rowless(sidebar), close: leave },
    { name: 'menu of a conversation', of: ['features/sessions/SessionMenu.tsx'], open: rowMenu, close: leave },
    { name: 'share', of: ['features/sessions/ShareDialog.tsx'], open: rowAct(words.organise.share), close: leave },
    {
      name: 'folder',
      of: ['features/sessions/FolderDialog.tsx'],
      open: async (page) => {
        await rowAct(words.organise.move)(page);
        await page.getByRole('combobox', { name: words.organise.folder }).press('ArrowDown');
      },
      close: leave,
    },
    {
      name: 'delete a conversation',
      of: ['features/sessions/DeleteDialog.tsx'],
      open: rowAct(words.sessions.delete),
      close: leave,
    },
    {
      name: 'selection',
      isInPage: true,
      open: async (page) => {
        await rowAct(words.organise.select)(page);
        await expect(page.getByRole('toolbar')).toBeVisible();
      },
      close: leave,
    },
    {
      name: 'folder and archive',
      isInPage: true,
      open: async (page) => {
        await on(page, '/', composer(page));
        await sidebar(page);
        await page.getByTestId('folder').click();
        await expect(page.getByText('In a folder')).toBeVisible();
        await button(page, words.sessions.archive).click();
        await expect(page.getByText('Put away')).toBeVisible();
      },
      close: leave,
    },
    {
      name: 'search',
      isInPage: true,
      open: async (page) => {
        await on(page, '/', composer(page));
        await sidebar(page);
        await page.getByRole('textbox', { name: words.sessions.search }).fill('마루');
        await expect(page.getByTestId('hit').first()).toBeVisible();
      },
      close: leave,
    },
    {
      name: 'account',
      of: ['features/settings/AccountPopover.tsx'],
      open: async (page) => {
        await on(page, '/', composer(page));
        await sidebar(page);
        await button(page, new RegExp(`^${words.settings.account}:`)).click();
      },
      close: leave,
    },
    {
      name: 'shortcuts',
      of: ['features/settings/ShortcutsDialog.tsx'],
      open: async (page) => {
        await openChat(there.sample)(page);
        await page.getByRole('region', { name: words.chat.conversation, exact: true }).focus();
        await page.keyboard.press('?');
      },
    },
  ];

  const conversation: Surface[] = [
    { name: 'choice of the model', of: ['features/models/ModelMenu.tsx'], open: inChat(there.sample, new RegExp(`^${words.model.choose.split('{')[0]}`)) },
    { name: 'compare two models', of: ['features/chat/compare/CompareDialog.tsx'], open: compareDialog },
    { name: 'answer again', of: ['features/chat/answer/RegenerateMenu.tsx'], open: inChat(there.sample, words.chat.regenerateMore) },
    { name: 'menu of an answer', of: ['features/chat/answer/AnswerMenu.tsx'], open: answerMenu(there.sample) },
    { name: 'note', of: ['features/chat/answer/NotePopover.tsx'], open: rateBad(there.sample) },
    {
      name: 'edit an answer',
      isInPage: true,
      open: answerMenu(there.sample, words.answer.edit),
      close: (page) => page.keyboard.press('Escape'),
    },
    {
      name: 'settings of a conversation',
      of: ['features/settings/SettingsDrawer.tsx'],
      open: async (page) => {
        await inChat(there.sample, words.settings.open)(page);
        await expect(page.getByRole('combobox', { name: words.documents.title })).toBeVisible();
      },
    },
    {
      name: 'models of a conversation',
      of: ['features/settings/ConfigForm.tsx'],
      open: async (page) => {
        await inChat(there.sample, words.settings.open)(page);
        await page.getByRole('dialog').or(page.locator('.MuiDrawer-root')).getByRole('combobox').first().click();
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: closeAll,
    },
    {
      name: 'documents of a conversation',
      of: ['features/documents/SessionDocuments.tsx'],
      open: async (page) => {
        await inChat(there.sample, words.settings.open)(page);
        await page.getByRole('combobox', { name: words.documents.title }).press('ArrowDown');
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: closeAll,
    },
    {
      name: 'what shaped an answer',
      of: ['features/chat/answer/ShapedPanel.tsx'],
      open: async (page) => {
        await answerMenu(there.made, words.answer.explain)(page);
        await expect(page.getByText(words.answer.made)).toBeVisible();
      },
    },
    {
      name: 'passage',
      of: ['features/sources/PassagePanel.tsx'],
      open: async (page) => {
        await openChat(there.made)(page);
        await lastAnswer(page).getByTestId('message-text').getByRole('link', { name: '[1]' }).first().click();
        await expect(page.getByRole('region', { name: words.sources.passage })).toBeVisible();
      },
    },
    {
      name: 'dictation',
      of: ['features/chat/composer/Dictation.tsx'],
      open: async (page) => {
        await on(page, '/', composer(page));
        await button(page, words.compose.dictate).click();
      },
    },
    {
      name: 'slash',
      isInPage: true,
      open: async (page) => {
        await on(page, '/', composer(page));
        await composer(page).fill('/');
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: (page) => composer(page).fill(''),
    },
    {
      name: 'an image, large',
      of: ['features/chat/composer/ImageDialog.tsx'],
      open: async (page) => {
        await on(page, `/c/${there.pictured}`, page.getByRole('img', { name: 'floor.png' }));
        await button(page, filled(words.compose.openImage, { name: 'floor.png' })).click();
        await expect(page.getByTestId('image-dialog')).toBeVisible();
      },
    },
    {
      name: 'attachments',
      isInPage: true,
      open: async (page) => {
        await page.goto('/?temporary');
        await page.getByTestId('file-input').setInputFiles({ name: 'a.md', mimeType: 'text/markdown', buffer: Buffer.from('# A') });
        await page.getByTestId('file-input').setInputFiles({ name: 'b.exe', mimeType: '', buffer: Buffer.from('MZ') });
        await expect(page.locator('[data-testid=attachment][data-state=ready]')).toBeVisible({ timeout: 40_000 });
        await expect(page.locator('[data-testid=attachment][data-state=failed]')).toBeVisible();
      },
    },
  ];

  const around: Surface[] = [
    { name: 'new persona', of: ['features/personas/PersonaEditor.tsx'], open: inLibrary('/personas', words.personas.new) },
    { name: 'menu of a persona', of: ['features/personas/PersonaMenu.tsx'], open: inLibrary('/personas', personaMenu) },
    { name: 'delete a persona', of: ['features/personas/PersonaGallery.tsx'], open: menuItem('/personas', personaMenu, words.personas.delete) },
    { name: 'new prompt', of: ['features/prompts/PromptEditor.tsx'], open: inLibrary('/prompts', words.library.new) },
    {
      name: 'versions of a prompt',
      of: ['features/prompts/PromptEditor.tsx'],
      open: async (page) => {
        await on(page, '/prompts', library(page));
        await library(page).getByRole('button').first().click();
        await page.getByRole('dialog').getByRole('combobox').click();
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: closeAll,
    },
    { name: 'delete a prompt', of: ['features/prompts/PromptList.tsx'], open: inLibrary('/prompts', filled(words.library.deleteOne, { title: 'Sum up' })) },
    { name: 'new memory', of: ['features/memory/MemoryDialog.tsx'], open: inLibrary('/memory', words.memory.new) },
    { name: 'forget everything', of: ['pages/MemoryPage.tsx'], open: inLibrary('/memory', words.memory.forgetAll) },
    { name: 'paste a text', of: ['features/documents/WriteDialog.tsx'], open: inLibrary('/documents', words.documents.paste) },
    { name: 'menu of a document', of: ['features/documents/DocumentItem.tsx'], open: inLibrary('/documents', documentMenu) },
    { name: 'delete a document', of: ['features/documents/DocumentLibrary.tsx'], open: menuItem('/documents', documentMenu, words.documents.delete) },
    {
      name: 'passages found',
      isInPage: true,
      open: async (page) => {
        await on(page, '/documents', library(page));
        await page.getByRole('textbox', { name: words.documents.search }).fill('forty crowns');
        await expect(page.getByRole('list', { name: words.documents.found }).getByRole('button').first()).toBeVisible();
      },
    },
  ];

  const account: Surface[] = [
    { name: 'limits of a key', of: ['features/account/KeyDialog.tsx'], open: inPart('keys', filled(words.account.editKey, { name: 'script' })) },
    {
      name: 'life of a key',
      of: ['features/account/KeyForm.tsx'],
      open: async (page) => {
        await on(page, '/settings/keys', page.getByTestId('key').first());
        await page.getByRole('combobox', { name: words.account.keyLife }).click();
      },
    },
    { name: 'revoke a key', of: ['features/account/KeysPart.tsx'], open: inPart('keys', filled(words.account.revokeKey, { name: 'script' })) },
    { name: 'delete a webhook', of: ['features/webhooks/WebhookCard.tsx'], open: inPart('webhooks', filled(words.webhooks.removeOf, { name: 'hook' })) },
  ];
  return [...pages, ...list, ...conversation, ...around, ...account];

  function rowless(open: (page: Page) => Promise<void>) {
    return async (page: Page) => {
      await on(page, '/', composer(page));
      await open(page);
    };
  }
}

/** Whether anything of the picture reaches its right or lower edge. */
function isCutOff(picture: HTMLImageElement): boolean {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  context?.drawImage(picture, 0, 0, width, height);
  const isInked = (...area: [number, number, number, number]) =>
    context?.getImageData(...area).data.some((value, n) => n % 4 === 3 && value > 0) ?? true;
  return isInked(width - 1, 0, 1, height) || isInked(0, height - 1, width, 1);
}

/** Something of everything in the account that is signed in to `page`; what the house must allow, `keeper` allows. */
export async function furnish(page: Page, keeper: Page, sample: unknown): Promise<Furnished> {
  await send(keeper, 'PATCH', '/api/admin/settings/', { webhooks: true });
  const text = 'A parking permit costs forty crowns. 주차 이용료는 사만 냥입니다.';
  await send(page, 'POST', '/api/personas/', { name: 'Keeper', avatar: '🗝️', description: 'Keeps the keys.' });
  const prompt = (await send(page, 'POST', '/api/prompts/', { command: 'sum', title: 'Sum up', content: 'Sum up {{text}}' })) as { id: number };
  await send(page, 'PATCH', `/api/prompts/${prompt.id}/`, { content: 'Sum up briefly: {{text}}' });
  await send(page, 'POST', '/api/memories/', { text: 'Likes short answers.' });
  await send(page, 'POST', '/api/collections/', { name: 'House' });
  await send(page, 'POST', '/api/auth/keys/', { name: 'script', scopes: ['chat'], limits: { messages_per_day: 20 } });
  await send(page, 'POST', '/api/webhooks/', { name: 'hook', url: 'https://hooks.example.org/maru' });
  const document = (await send(page, 'POST', '/api/documents/', { title: 'Garage', text })) as { id: number };
  await expect
    .poll(async () => ((await send(page, 'GET', `/api/documents/${document.id}/`)) as { status: string }).status, { timeout: 40_000 })
    .toBe('ready');
  for (const [title, change] of [['In a folder', { folder: 'Work' }], ['Put away', { archived: true }]] as const) {
    const made = (await send(page, 'POST', '/api/sessions/', { title })) as { id: number };
    await send(page, 'PATCH', `/api/sessions/${made.id}/`, change);
  }
  const imported = (await send(page, 'POST', '/api/sessions/import/', sample)) as { sessions: { id: number }[] };
  const written = imported.sessions[0]?.id ?? 0;
  const pictured = (await send(page, 'POST', '/api/sessions/import/', PICTURED)) as { sessions: { id: number }[] };
  const share = (await send(page, 'POST', `/api/sessions/${written}/shares/`)) as { path: string };
  const asked = (await send(page, 'POST', '/api/sessions/', { title: 'Parking' })) as { id: number };
  await send(page, 'PATCH', `/api/sessions/${asked.id}/config/`, { document_ids: [document.id] });
  await page.goto(`/c/${asked.id}`);
  await say(page, 'What does a parking permit cost?');
  await expect(lastAnswer(page)).toContainText('forty crowns');
  const two = (await send(page, 'POST', '/api/sessions/', { title: 'Two answers' })) as { id: number };
  const compare = { is_blind: true };
  await send(page, 'POST', `/api/sessions/${two.id}/messages/`, { content: 'Who is better?', compare, wait: true });
  const pictures = pictured.sessions[0]?.id ?? 0;
  return { sample: written, made: asked.id, compared: two.id, pictured: pictures, shared: share.path };
}

/** One question with an image of a single point. */
const PICTURED = {
  format: 'maru.session',
  version: 1,
  session: { title: 'A floor' },
  messages: [{ key: 0, role: 'user', content: 'What is it?', attachments: [{ kind: 'image', id: 1, name: 'floor.png' }] }],
  active_leaf: 0,
  images: [
    {
      id: 1,
      name: 'floor.png',
      content: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    },
  ],
};
