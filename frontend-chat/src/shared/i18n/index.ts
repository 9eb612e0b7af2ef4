/** The language of the interface: the user's choice, else the browser's, else English. Requests and dates follow it. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setRequestLanguage } from '@/shared/api/client';
import type { Catalogue } from './en';
import { localKept } from '@/shared/storage';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED = 'maru.language';

type Catalogues = Record<Language, () => Promise<Partial<Catalogue>>>;

/** Only the language that is read is loaded, and of it what is needed. */
const FIRST: Catalogues = {
  ko: async () => (await import('./ko')).ko,
  en: async () => (await import('./en')).en,
};
const LATER: Catalogues = {
  ko: async () => (await import('./ko/later')).later,
  en: async () => (await import('./en/later')).later,
};
const loaded = new Set<string>();
let wantsLater = false;

async function load(catalogues: Catalogues, language: Language, name: string): Promise<void> {
  if (loaded.has(language + name)) return;
  i18next.addResourceBundle(language, 'translation', await catalogues[language](), true);
  loaded.add(language + name);
}

function isKnown(language: string | null | undefined): language is Language {
  return language === 'ko' || language === 'en';
}

function preferred(): Language {
  const stored = localKept.getItem(STORED);
  if (isKnown(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isKnown) ?? 'en';
}

async function show(language: Language): Promise<void> {
  await Promise.all([load(FIRST, language, 'first'), wantsLater && load(LATER, language, 'later')]);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  setRequestLanguage(language);
}

/** When the first texts are there. Not awaited at the top level: other modules start while they come. */
export const texts = i18next
  .use(initReactI18next)
  .init({
    resources: {},
    lng: preferred(),
    supportedLngs: LANGUAGES,
    fallbackLng: false,
    interpolation: { escapeValue: false },
  })
  .then(() => show(preferred()));

/** `''` follows the browser again. */
export async function chooseLanguage(language: Language | ''): Promise<void> {
  if (language === '') localKept.removeItem(STORED);
  else localKept.setItem(STORED, language);
  await show(preferred());
}

/** Loads the texts of `later.ts` beside the part that reads them: `lazy(() => withTexts(import('./Part')))`. */
export async function withTexts<Part>(part: Promise<Part>): Promise<Part> {
  wantsLater = true;
  await load(LATER, preferred(), 'later');
  return part;
}

export default i18next;
