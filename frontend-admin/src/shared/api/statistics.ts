/** Statistics and their CSV. */
import { download, request } from './http';
import type { components } from './schema';

export type Statistics = components['schemas']['StatisticsShape'];
export type StatisticsRow = components['schemas']['StatisticsRow'];
export type By = Statistics['by'];

export interface Asked {
  by: By;
  days: number;
}

/** The reader's own time zone: a day is what he takes for one. */
const query = ({ by, days }: Asked) => ({ by, days, tz: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC' });

export const statistics = {
  read: (asked: Asked) => request<Statistics>('GET', 'admin/statistics/', query(asked)),
  save: (asked: Asked) => {
    const search = new URLSearchParams(Object.entries(query(asked)).map(([name, value]) => [name, String(value)]));
    return download(`admin/statistics/export/?${search}`, `maru-statistics-${asked.by}.csv`, null);
  },
};
