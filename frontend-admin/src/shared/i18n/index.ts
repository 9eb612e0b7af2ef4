/** The language of the dashboard: the choice made in the chat or here, else the browser's, else English. */
import polyglotI18nProvider from 'ra-i18n-polyglot';
import raEnglish from 'ra-language-english';
import { setRequestLanguage } from '@/shared/api/http';
import { en } from './en';
import { ko } from './ko';
import { raKorean } from './raKorean';

export type Locale = 'en' | 'ko';

export const LOCALES: { locale: Locale; name: string }[] = [
  { locale: 'ko', name: '한국어' },
  { locale: 'en', name: 'English' },
];

/** The same key as the chat's: one choice for both. */
const STORED_LANGUAGE = 'maru.language';

export const catalogues = { en: { ...raEnglish, ...en }, ko: { ...raKorean, ...ko } };

function localeOf(tag: string | null): Locale | null {
  const language = tag?.slice(0, 2).toLowerCase();
  return language === 'ko' || language === 'en' ? language : null;
}

export function initialLocale(): Locale {
  const wanted = [localStorage.getItem(STORED_LANGUAGE), ...navigator.languages];
  return wanted.map(localeOf).find((locale) => locale !== null) ?? 'en';
}

function follow(locale: Locale): void {
  document.documentElement.lang = locale;
  setRequestLanguage(locale);
}

export function makeI18nProvider() {
  const locale = initialLocale();
  follow(locale);
  const provider = polyglotI18nProvider((name) => catalogues[localeOf(name) ?? 'en'], locale, LOCALES, {
    allowMissing: true,
  });
  return {
    ...provider,
    changeLocale: async (name: string) => {
      const next = localeOf(name) ?? 'en';
      localStorage.setItem(STORED_LANGUAGE, next);
      follow(next);
      await provider.changeLocale(next);
    },
  };
}
