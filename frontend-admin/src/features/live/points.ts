/** The history of a range with what came since: the newest frames become points of the same shape. Pure. */
import type { History } from '@/shared/api/live';
import type { View } from './merge';

const MAX_POINTS = 450;
const SPREADS = ['ttft', 'itl', 'queue'] as const;
const PERCENTS = ['p50', 'p95', 'p99'] as const;
export type Column = Exclude<keyof History, 'range' | 'step_s' | 'process'>;
export type Point = Record<Column, number | null>;

export function pointOf(view: View): Point {
  const cells = view.engines.reduce((total, one) => total + one.kv_cells, 0);
  const used = view.engines.reduce((total, one) => total + one.kv_cells_used, 0);
  const times = SPREADS.flatMap((name) => PERCENTS.map((percent) => [`${name}_${percent}`, view[name][percent]]));
  return {
    at: Date.parse(view.at) / 1000,
    n_running: view.nRunning,
    n_queued: view.nQueued,
    kv_percent: cells > 0 ? (100 * used) / cells : 0,
    sockets: view.sockets,
    cpu_percent: view.host.cpu_percent,
    memory_percent: (100 * view.host.memory_used_bytes) / view.host.memory_total_bytes,
    tokens_per_second: view.tokensPerSecond,
    n_requests: null,
    n_failed: null,
    ...(Object.fromEntries(times) as Record<`${(typeof SPREADS)[number]}_${(typeof PERCENTS)[number]}`, number | null>),
  };
}

/** Points that are newer than the history, one for each of its steps. */
export function withNews(history: History, news: readonly Point[]): History {
  const last = history.at.at(-1) ?? 0;
  const later = news.filter((point) => (point.at ?? 0) > (last ?? 0) + history.step_s / 2);
  if (later.length === 0) return history;
  const columns = Object.keys(later[0] ?? {}) as Column[];
  const grown = columns.map((name) => {
    const values = [...(history[name] as (number | null)[]), ...later.map((point) => point[name])];
    return [name, values.slice(-MAX_POINTS)];
  });
  return { ...history, ...Object.fromEntries(grown) };
}
