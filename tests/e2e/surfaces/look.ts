/** Surfaces: every page, dialog, menu, drawer and popover of a front end, opened as a user opens it, and axe on each. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type BrowserContextOptions, expect, type Page } from '@playwright/test';

export const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** All else is the same in the dark. */
const RULES_OF_COLOURS = ['color-contrast', 'link-in-text-block'];
const OVERLAY = '.MuiModal-root:not(.MuiModal-hidden):not([aria-hidden=true])';

/** Each of the two in one of the two languages. */
export const SCREENS = {
  desktop: { locale: 'en-US', viewport: { width: 1280, height: 860 } },
  phone: { locale: 'ko-KR', viewport: { width: 390, height: 844 }, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** Walks that were not seen through whole yet: until then they run only when they are asked for. */
export const RUNS_ALL = process.env.E2E_SURFACES === 'all';

export interface Surface {
  name: string;
  open: (page: Page) => Promise<unknown>;
  /** The source files whose dialogs, menus or choices this opens. What lies over the page is looked at alone, without the page. */
  of?: string[];
  /** It lies in the page itself, such as a list below a field or a whole page: the page is looked at. */
  isInPage?: boolean;
  /** It exists on one of the two screens only. */
  only?: 'desktop' | 'phone';
  /** It is not what Escape closes. */
  close?: (page: Page) => Promise<unknown>;
}

/** Wait until nothing moves: axe measures contrast of what it sees. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => undefined)),
    ),
  );
}

interface Look {
  /** A selector: what lies over the page. */
  within?: string | undefined;
  /** These rules alone. */
  rules?: string[] | undefined;
  /** Of which kinds the rules are; else WCAG's and those of good practice. */
  tags?: string[];
}

/** No violation on the page, or on what lies over it. Each is told with the elements it concerns. */
export async function expectAccessible(page: Page, what: string, { within, rules, tags }: Look = {}): Promise<void> {
  await settled(page);
  // The legacy way looks into no frame of another origin, of which there are none, and opens no second page each time. What is in
  // order is not described.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (rules) axe.withRules(rules);
  else axe.withTags(tags ?? [...WCAG, 'best-practice']);
  if (within) axe.include(within);
  const { violations } = await axe.analyze();
  const told = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map((node) => `${node.html.slice(0, 200)} (${node.any[0]?.message ?? node.all[0]?.message ?? ''})`).join(' | ')}`,
  );
  expect.soft(told, what).toEqual([]);
}

/** With E2E_SHOTS, the folder for pictures of everything that is opened. */
export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  const folder = process.env.E2E_SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await settled(page);
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled', fullPage });
}

/** What a test has come to, on the way: no violation, and with E2E_SHOTS pictures of it, wide and on a phone. */
export async function look(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0); // no hint of a button that the pointer was left on
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  await expectAccessible(page, name);
  if (!process.env.E2E_SHOTS) return;
  for (const screen of ['phone', 'desktop'] as const) {
    await page.setViewportSize(SCREENS[screen].viewport);
    await picture(page, `${name}-${screen}`);
  }
}

/** Open, look at in light and in dark, close; one after the other. What cannot be opened is told and does not stop the rest. */
export async function walk(page: Page, surfaces: Surface[], screen: 'desktop' | 'phone'): Promise<void> {
  page.setDefaultTimeout(30_000); // one that is not there costs no more than this
  for (const { name, open, of, isInPage, only, close } of surfaces) {
    if (only && only !== screen) continue;
    const isOver = of !== undefined && !isInPage;
    try {
      await open(page);
      if (isOver) await expect(page.locator(OVERLAY).last()).toBeVisible();
      else await page.mouse.move(0, 0); // no hint of a button that the pointer was left on
    } catch (error) {
      expect.soft(String(error).slice(0, 600), `${name} opens (${screen})`).toBe('');
      continue;
    }
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(wider, `${name} is not wider than the ${screen}`).toBeLessThanOrEqual(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const rules = colorScheme === 'dark' ? RULES_OF_COLOURS : undefined;
      await expectAccessible(page, `${name}, ${screen}, ${colorScheme}`, { within: isOver ? OVERLAY : undefined, rules });
      await picture(page, `${name.replace(/\W+/g, '-')}-${screen}-${colorScheme}`, !isOver);
    }
    if (close) await close(page);
    else if (isOver) await closeAll(page);
  }
}

/** What lies over the page goes with Escape, one after the other. Where the focus was lost, the page is loaded anew. */
export async function closeAll(page: Page): Promise<void> {
  for (let nTries = 0; nTries < 4; nTries++) {
    if ((await page.locator(OVERLAY).count()) === 0) return;
    await page.keyboard.press('Escape');
    await page.waitForTimeout(150);
  }
  await page.reload();
}

const OPENERS = [
  'Autocomplete',
  'AskedButton',
  'Confirm',
  'ConfirmDialog',
  'Dialog',
  'Drawer',
  'FilterButton',
  'FormDialog',
  'LocalesMenuButton',
  'Menu',
  'Popover',
  'Popper',
  'ReasonDialog',
  'SecretDialog',
  'SwipeableDrawer',
];
const OPENS = new RegExp(String.raw`<(${OPENERS.join('|')})\b|^\s+select$`, 'm');

/** Of the sources below `src` those that open something over the page; what others open through them is theirs to name. */
export function openersOf(src: string): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf-8' })
    .filter((path) => path.endsWith('.tsx') && !path.includes('.test.'))
    .filter((path) => !OPENERS.includes(basename(path, '.tsx')))
    .filter((path) => OPENS.test(readFileSync(join(src, path), 'utf-8')))
    .map((path) => relative(src, join(src, path)))
    .sort();
}

/** Both ways: nothing opens that the list does not name, and the list names nothing that is gone. */
export function expectComplete(src: string, surfaces: Surface[]): void {
  const named = [...new Set(surfaces.flatMap((surface) => surface.of ?? []))].sort();
  expect(named, 'the sources that open a dialog, a menu, a drawer, a popover or a choice').toEqual(openersOf(src));
}
