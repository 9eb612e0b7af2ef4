/** What the administration can show: its pages, and everything that opens over them. */
import { expect, type Page } from '@playwright/test';
import { en } from '../../../frontend-admin/src/shared/i18n/en';
import { ko } from '../../../frontend-admin/src/shared/i18n/ko';
import { raKorean } from '../../../frontend-admin/src/shared/i18n/raKorean';
import { limitAnswers, send } from '../people';
import { closeAll, type Surface } from './look';

export type Language = 'en' | 'ko';

const MARU = { en: en.maru, ko: ko.maru };
// react-admin's own English lives in its package, which is installed for the administration alone.
const RA = {
  en: { edit: 'Edit', addFilter: 'Add filter', openMenu: 'Open menu' },
  ko: { edit: raKorean.ra.action.edit, addFilter: raKorean.ra.action.add_filter, openMenu: raKorean.ra.action.open_menu },
};

/** A second name of the model, in the models folder: what is there may be deleted. */
const AGAIN = 'again';

/** What is in the house that is looked at. */
export interface Furnished {
  user: { id: number; name: string };
  /** Somebody whose logins may end. */
  other: number;
  session: number;
  model: string;
  /** Somebody asks something long, so that there is a reply to be stopped. */
  ask: () => Promise<void>;
}

export function guestSurfaces(): Surface[] {
  const door = async (page: Page) => {
    await page.goto('/admin/');
    await expect(page.locator('form')).toBeVisible();
  };
  const languages = async (page: Page) => {
    await door(page);
    await page.locator('button[aria-haspopup=true]').first().click();
  };
  return [
    { name: 'admin sign in', open: door },
    { name: 'languages at the door', of: ['app/SignInPage.tsx'], open: languages },
  ];
}

export function adminSurfaces(language: Language, there: Furnished): Surface[] {
  const words = MARU[language];
  const ra = RA[language];
  const at = (place: string, heading?: RegExp) => async (page: Page) => {
    if (!page.url().endsWith(`/admin/#/${place}`)) await page.goto(`/admin/#/${place}`);
    await expect(page.locator('.RaLayout-content').getByRole('progressbar', { name: /Loading|불러오는/ })).toHaveCount(0);
    await expect(page.locator('.RaLayout-content')).not.toBeEmpty();
    if (heading) await expect(page.getByRole('heading', { name: heading }).first()).toBeVisible();
    await page.waitForLoadState('networkidle');
  };
  const press = (place: string, name: string | RegExp) => async (page: Page) => {
    await at(place)(page);
    await page.locator('.RaLayout-content').getByRole('button', { name, exact: typeof name === 'string' }).first().click();
  };
  const choice = (place: string, label: string) => async (page: Page) => {
    await at(place)(page);
    await page.getByRole('combobox', { name: label }).first().click();
    await expect(page.getByRole('listbox')).toBeVisible();
  };
  /** The choice within the dialog that a button of the page opens. */
  const within = (place: string, name: string | RegExp) => async (page: Page) => {
    await press(place, name)(page);
    await page.getByRole('dialog').getByRole('combobox').last().click();
    await expect(page.getByRole('listbox')).toBeVisible();
  };
  const filters = (place: string) => async (page: Page) => {
    await at(place)(page);
    await page.getByRole('button', { name: ra.addFilter }).click();
  };
  const user = `users/${there.user.id}/show`;
  const session = `sessions/${there.session}/show`;
  const model = `models/${there.model}/show`;
  const begins = (text: string) => new RegExp(`^${text.split('%{')[0]}`);
  /** The text with anything in its places. */
  const named = (text: string) =>
    new RegExp(`^${text.split(/%\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);

  const pages: Surface[] = [
    ['live', ''],
    ['statistics', 'statistics'],
    ['ranking', 'ranking'],
    ['users', 'users'],
    ['user', user],
    ['conversations', 'sessions'],
    ['conversation behind glass', session],
    ['models', 'models'],
    ['model', model],
    ['engines', 'engines'],
    ['documents', 'documents'],
    ['personas', 'personas'],
    ['prompts', 'prompts'],
    ['feedback', 'feedback'],
    ['audit', 'audit'],
    ['moderation', 'moderation'],
    ['tools', 'tools'],
    ['settings', 'settings'],
    ['memory', 'memory'],
    ['backups', 'backups'],
    ['storage', 'storage'],
  ].map(([name, place]) => ({ name: `admin ${name}`, open: at(place ?? '') }));

  const house: Surface[] = [
    {
      name: 'menu of the house',
      of: ['app/House.tsx'],
      only: 'phone',
      open: async (page) => {
        await at('statistics')(page);
        await page.getByRole('button', { name: ra.openMenu }).click();
      },
    },
    {
      name: 'languages of the house',
      of: ['app/House.tsx'],
      open: async (page) => {
        await at('statistics')(page);
        await page.locator('header button[aria-haspopup=true]').first().click();
      },
    },
    {
      name: 'account in the house',
      of: ['app/House.tsx'],
      open: async (page) => {
        await at('statistics')(page);
        await page.locator('header button[aria-haspopup=true]').last().click();
      },
    },
    { name: 'pause the queue', of: ['features/live/LivePage.tsx'], open: press('', words.live.pause) },
    {
      name: 'stop a reply',
      of: ['features/live/Requests.tsx'],
      open: async (page) => {
        await there.ask();
        await press('', named(words.live.stop_of))(page);
      },
    },
    { name: 'drain an engine', of: ['features/live/EngineCard.tsx'], open: press('', begins(`${words.live.drain}:`)) },
    { name: 'restart an engine', of: ['features/live/EngineCard.tsx'], open: press('', begins(`${words.live.restart}:`)) },
    { name: 'language of the ranking', of: ['features/ranking/RankingPage.tsx'], open: choice('ranking', words.ranking.language) },
    { name: 'range of statistics', of: ['features/statistics/StatisticsPage.tsx'], open: choice('statistics', words.statistics.range) },
  ];

  const people: Surface[] = [
    { name: 'filters of users', of: ['features/users/UserList.tsx'], open: filters('users') },
    { name: 'invitation', of: ['features/users/NewPeople.tsx'], open: press('users', words.users.invite) },
    { name: 'new account', of: ['features/users/NewPeople.tsx'], open: press('users', words.users.new) },
    {
      name: 'role of a new account',
      of: ['features/users/NewPeople.tsx'],
      open: async (page) => {
        await press('users', words.users.new)(page);
        await page.getByRole('dialog').getByRole('combobox').click();
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: closeAll,
    },
    ...(['deactivate', 'logout', 'password', 'erase'] as const).map((act) => ({
      name: `${act} a user`,
      of: ['features/users/UserActs.tsx'],
      open: press(user, words.users[act]),
    })),
    { name: 'role of a user', of: ['features/users/UserActs.tsx'], open: choice(user, language === 'ko' ? ko.resources.users.fields.role : en.resources.users.fields.role) },
    {
      name: 'a new password',
      of: ['features/users/UserActs.tsx'],
      open: async (page) => {
        await press(`users/${there.other}/show`, words.users.password)(page);
        await page.getByRole('dialog').getByRole('button').last().click();
        await expect(page.getByRole('dialog').getByRole('textbox')).toHaveValue(/.{8}/);
      },
    },
    { name: 'delete a key', of: ['features/users/KeyRow.tsx'], open: press(user, named(words.keys.remove_of)) },
    { name: 'filters of conversations', of: ['features/sessions/SessionList.tsx'], open: filters('sessions') },
    ...(['read', 'export', 'erase'] as const).map((act) => ({
      name: `${act} behind glass`,
      of: ['features/sessions/Glass.tsx'],
      open: press(session, words.glass[act]),
    })),
  ];

  const engines: Surface[] = [
    { name: 'drop an upload', of: ['features/models/ArrivingList.tsx'], open: press('models', words.models.arriving.cancel) },
    { name: 'turn on the hub', of: ['features/models/HubTab.tsx'], open: press('models', words.models.bring.turn_on) },
    { name: 'default model', of: ['features/models/ModelActs.tsx'], open: press('models', words.models.make_default) },
    { name: 'delete a model', of: ['features/models/ModelPage.tsx'], open: press(`models/${AGAIN}/show`, words.models.delete) },
    { name: 'adapter of a second name', of: ['features/models/SecondName.tsx'], open: choice(model, words.models.again.adapter) },
    { name: 'projector of a model', of: ['features/models/formParts.tsx'], open: choice(model, words.models.form.projector) },
    { name: 'draft model of a model', of: ['features/models/formParts.tsx'], open: choice(model, words.models.form.draft_model) },
    { name: 'flash attention', of: ['features/models/RunFields.tsx'], open: choice(model, words.models.form.flash_attention) },
    { name: 'chat template', of: ['features/models/TemplatePart.tsx'], open: choice(model, words.models.form.template) },
    { name: 'drain a remote engine', of: ['features/engines/EngineActs.tsx'], open: press('engines', words.engines.drain) },
    { name: 'remove a remote engine', of: ['features/engines/EngineActs.tsx'], open: press('engines', words.engines.remove) },
    { name: 'new engine', of: ['features/engines/EngineDialog.tsx'], open: press('engines', words.engines.add) },
    { name: 'change an engine', of: ['features/engines/EngineDialog.tsx'], open: press('engines', words.engines.edit) },
    {
      name: 'a token of an engine',
      of: ['features/engines/Tokens.tsx'],
      open: async (page) => {
        await at('engines')(page);
        await page.getByRole('textbox', { name: words.engines.tokens.name }).fill('hall');
        await page.getByRole('button', { name: words.engines.tokens.make }).click();
        await expect(page.getByRole('dialog').getByRole('textbox')).toHaveValue(/^maru-engine-/);
      },
    },
    { name: 'take back a token', of: ['features/engines/Tokens.tsx'], open: press('engines', begins(`${words.engines.tokens.revoke}:`)) },
  ];

  const { library } = words;
  const LINE = ['shared/library/LibraryRow.tsx'];
  const shelf: Surface[] = [
    { name: 'new document', of: ['features/documents/PublishDialog.tsx'], open: press('documents', library.documents.add) },
    { name: 'folder of a document', of: ['features/documents/PublishDialog.tsx'], open: within('documents', library.documents.add), close: closeAll },
    { name: 'title of a document', of: ['features/documents/DocumentDialog.tsx'], open: press('documents', named(library.edit_of)) },
    { name: 'delete a document', of: LINE, open: press('documents', named(library.delete_of)) },
    { name: 'new persona', of: ['features/personas/PersonaDialog.tsx'], open: press('personas', library.personas.add) },
    { name: 'change a persona', of: ['features/personas/PersonaDialog.tsx'], open: press('personas', named(library.edit_of)) },
    { name: 'model of a persona', of: ['features/personas/PersonaDialog.tsx'], open: within('personas', library.personas.add), close: closeAll },
    { name: 'delete a persona', of: LINE, open: press('personas', named(library.delete_of)) },
    { name: 'new prompt', of: ['features/prompts/PromptDialog.tsx'], open: press('prompts', library.prompts.add) },
    { name: 'earlier texts of a prompt', of: ['features/prompts/PromptDialog.tsx'], open: within('prompts', named(library.edit_of)), close: closeAll },
    { name: 'delete a prompt', of: LINE, open: press('prompts', named(library.delete_of)) },
  ];

  /** A tool server that somebody is signed in at, whose provider registers nobody: tools.spec.ts has a true one. */
  const asked = (button: string) => async (page: Page) => {
    const sign_in = { state: 'connected', issuer: 'https://provider.invalid', scope: 'tools', connected_at: null, expires_at: null };
    await page.route('**/api/admin/tool-servers/', async (route) => {
      const response = await route.fetch();
      const told = (await response.json()) as { results: object[] };
      await route.fulfill({ response, json: { ...told, results: told.results.map((row) => ({ ...row, sign_in })) } });
    });
    const needed = { code: 'tool_client_needed', detail: 'Register a client.', retryable: false };
    await page.route('**/connect/', (route) => route.fulfill({ status: 409, json: needed }));
    await at('statistics')(page);
    await press('tools', button)(page);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await expect(page.getByRole('dialog')).toBeVisible();
  };

  const rest: Surface[] = [
    { name: 'model of feedback', of: ['features/feedback/Filters.tsx'], open: choice('feedback', words.feedback.model) },
    { name: 'filters of the audit log', of: ['features/audit/AuditList.tsx'], open: filters('audit') },
    { name: 'kind of a rule', of: ['features/moderation/NewRuleForm.tsx'], open: choice('moderation', words.moderation.kind) },
    { name: 'delete a rule', of: ['features/moderation/RuleRow.tsx'], open: press('moderation', named(words.moderation.remove)) },
    { name: 'new tool server', of: ['features/tools/ServerDialog.tsx'], open: press('tools', words.tools.add) },
    { name: 'change a tool server', of: ['features/tools/ServerDialog.tsx'], open: press('tools', ra.edit) },
    { name: 'remove a tool server', of: ['features/tools/ServerCard.tsx'], open: press('tools', named(words.tools.remove)) },
    { name: 'client of a provider', of: ['features/tools/ClientDialog.tsx'], open: asked(words.tools.sign_in.again) },
    { name: 'sign out of a tool server', of: ['features/tools/SignInLine.tsx'], open: asked(words.tools.sign_in.disconnect) },
    {
      name: 'choice of a setting',
      of: ['features/settings/Control.tsx'],
      open: async (page) => {
        await at('settings')(page);
        await page.locator('.RaLayout-content').getByRole('combobox').first().click();
        await expect(page.getByRole('listbox')).toBeVisible();
      },
    },
    {
      name: 'embedding models',
      of: ['features/memory/EmbeddingPage.tsx'],
      isInPage: true,
      open: async (page) => {
        await at('memory')(page);
        await page.getByRole('combobox').press('ArrowDown');
        await expect(page.getByRole('listbox')).toBeVisible();
      },
      close: (page) => page.keyboard.press('Escape'),
    },
    { name: 'how to restore', of: ['features/backups/RestoreDialog.tsx'], open: press('backups', named(words.backups.restore_one)) },
    { name: 'delete a backup', of: ['features/backups/ArchiveRow.tsx'], open: press('backups', named(words.backups.remove_one)) },
    {
      name: 'sweep',
      of: ['features/storage/OrphansPart.tsx'],
      open: async (page) => {
        await press('storage', words.storage.scan)(page);
        await page.getByTestId('orphans-files').getByRole('checkbox').check();
        await page.getByRole('button', { name: words.storage.sweep }).click();
      },
    },
  ];
  return [...pages, ...house, ...people, ...engines, ...shelf, ...rest];
}

/** Something of everything. `guest` is somebody who is signed in to the chat, `page` the administrator. */
export async function furnish(page: Page, guest: Page, name: string): Promise<Furnished> {
  const people = (await send(page, 'GET', `/api/admin/users/?search=${name}`)) as { results: { id: number }[] };
  await send(guest, 'POST', '/api/auth/keys/', { name: 'script', scopes: ['chat'], limits: { messages_per_day: 20 } });
  const made = (await send(guest, 'POST', '/api/sessions/', { title: 'A private matter' })) as { id: number };
  await guest.goto(`/c/${made.id}`);
  await limitAnswers(guest, 3000); // it runs until axe has looked at what would stop it
  const ask = async () => {
    await send(guest, 'POST', `/api/sessions/${made.id}/messages/`, { content: 'Tell me everything.' });
  };
  await send(page, 'POST', '/api/admin/engines/', { url: 'https://engine.invalid/v1', name: 'far', key: 'sk-secret' });
  await send(page, 'POST', '/api/admin/tool-servers/', { name: 'hall', url: 'https://tools.invalid/mcp' });
  await send(page, 'POST', '/api/admin/moderation/', { name: 'rule', kind: 'word', pattern: 'forbidden', direction: 'in', action: 'refuse' });
  const folder = (await send(page, 'POST', '/api/collections/', { name: 'Handbook', is_shared: true })) as { id: number };
  await send(page, 'POST', '/api/documents/', { text: 'The reading room opens at nine.', title: 'Opening hours', collection: folder.id });
  const prompt = { command: 'sum', title: 'Sum up', content: 'Sum up {{text}}.', is_shared: true };
  const summing = (await send(page, 'POST', '/api/prompts/', prompt)) as { id: number };
  await send(page, 'PATCH', `/api/prompts/${summing.id}/`, { content: 'Sum up {{text}} in three lines.' });
  await send(page, 'PATCH', '/api/admin/settings/', { model_pull: false });
  await send(page, 'POST', '/api/admin/model-files/uploads/', { name: 'half.gguf', size_bytes: 1_000_000 });
  await send(page, 'POST', '/api/admin/backups/');
  await expect
    .poll(async () => JSON.stringify(await send(page, 'GET', '/api/admin/backups/')), { timeout: 60_000 })
    .toContain('restore_command');
  const models = (await send(page, 'GET', '/api/admin/models/')) as { models: { id: string }[] };
  const model = models.models[0]?.id ?? '';
  await send(page, 'POST', `/api/admin/models/${model}/names/`, { name: AGAIN });
  const other = (await send(page, 'POST', '/api/admin/users/', { username: `${name}too`, role: 'user' })) as { id: number };
  return { user: { id: people.results[0]?.id ?? 0, name }, other: other.id, session: made.id, model, ask };
}
