/** The language of the interface: the user's choice, else the browser's, else English. Requests and dates follow it. */
import i18next from 'i18next';
import LanguageDetector from 'i18next-browser-languagedetector';
import { initReactI18next } from 'react-i18next';
import { setRequestLanguage } from '@/shared/api/client';
import { en } from './en';
import { ko } from './ko';

export const LANGUAGES = ['ko', 'en'] as const;
export const STORED_LANGUAGE = 'maru.language';

function follow(language: string): void {
  document.documentElement.lang = language;
  setRequestLanguage(language);
}

i18next.on('languageChanged', follow);

await i18next
  .use(LanguageDetector)
  .use(initReactI18next)
  .init({
    resources: { en: { translation: en }, ko: { translation: ko } },
    fallbackLng: 'en',
    supportedLngs: LANGUAGES,
    load: 'languageOnly',
    nonExplicitSupportedLngs: true,
    interpolation: { escapeValue: false },
    detection: { order: ['localStorage', 'navigator'], lookupLocalStorage: STORED_LANGUAGE, caches: [] },
    returnNull: false,
  });

/** `''` follows the browser again. */
export async function chooseLanguage(language: '' | 'ko' | 'en'): Promise<void> {
  if (language === '') localStorage.removeItem(STORED_LANGUAGE);
  else localStorage.setItem(STORED_LANGUAGE, language);
  await i18next.changeLanguage(language === '' ? undefined : language);
}

export default i18next;
