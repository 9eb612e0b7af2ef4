/** How the models did in blind comparisons, and the CSV of it. */
import { download, request } from './http';
import type { components } from './schema';

export type Ranking = components['schemas']['RankingShape'];
export type RankedModel = components['schemas']['RankedModel'];
export type Language = '' | 'ko' | 'en';

const query = (language: Language): Record<string, string> => (language === '' ? {} : { language });

export const ranking = {
  read: (language: Language) => request<Ranking>('GET', 'admin/ranking/', query(language)),
  save: (language: Language) =>
    download(`admin/ranking/export/?${new URLSearchParams(query(language))}`, 'maru-ranking.csv', null),
};
