/** The page's own words in both languages: a test that runs in each finds things as their readers do. */
import { en } from '../../frontend-chat/src/shared/i18n/en';
import { later as laterEn } from '../../frontend-chat/src/shared/i18n/en/later';
import { ko } from '../../frontend-chat/src/shared/i18n/ko';
import { later as laterKo } from '../../frontend-chat/src/shared/i18n/ko/later';

export const WORDS = { 'en-US': { ...en, ...laterEn }, 'ko-KR': { ...ko, ...laterKo } };
export const LOCALES = ['en-US', 'ko-KR'] as const;
export type Locale = (typeof LOCALES)[number];

/** A text with its places filled. */
export function filled(text: string, places: Record<string, string | number>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(places[name] ?? ''));
}
