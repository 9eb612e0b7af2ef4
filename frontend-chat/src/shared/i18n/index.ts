/** The language of the interface: the user's choice, else the browser's, else English. Requests and dates follow it. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setRequestLanguage } from '@/shared/api/client';
import type { Catalogue } from './en';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED = 'maru.language';

/** Only the language that is read is loaded. */
const CATALOGUES: Record<Language, () => Promise<Catalogue>> = {
  ko: async () => (await import('./ko')).ko,
  en: async () => (await import('./en')).en,
};

function isKnown(language: string | null | undefined): language is Language {
  return language === 'ko' || language === 'en';
}

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (isKnown(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isKnown) ?? 'en';
}

async function show(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await CATALOGUES[language]());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  setRequestLanguage(language);
}

await i18next.use(initReactI18next).init({
  resources: {},
  lng: preferred(),
  supportedLngs: LANGUAGES,
  fallbackLng: false,
  interpolation: { escapeValue: false },
});
await show(preferred());

/** `''` follows the browser again. */
export async function chooseLanguage(language: Language | ''): Promise<void> {
  if (language === '') localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, language);
  await show(preferred());
}

export default i18next;
