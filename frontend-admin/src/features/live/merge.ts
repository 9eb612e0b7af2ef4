/** Frames of several web processes as one view. Pure. An engine that several of them share is told by each: it counts once. */
import type { LiveEngine, LiveHost, LiveRequest } from '@/shared/api/live';
import type { Stats } from '@/shared/socket/live';

/** A process that has not been heard for this long is gone. */
export const GONE_MS = 5_000;

export interface Heard {
  stats: Stats;
  heardAt: number;
}

type Spread = Stats['lately']['ttft'];

export interface View {
  at: string;
  isPaused: boolean;
  nRequests: number;
  requests: LiveRequest[];
  engines: LiveEngine[];
  nRunning: number;
  nQueued: number;
  sockets: number;
  nProcesses: number;
  host: LiveHost;
  tokensPerSecond: number;
  ttft: Spread;
  itl: Spread;
  queue: Spread;
}

export type Processes = Readonly<Record<string, Heard>>;

export function take(known: Processes, stats: Stats, now: number): Processes {
  const alive = Object.entries(known).filter(([, one]) => now - one.heardAt <= GONE_MS);
  return { ...Object.fromEntries(alive), [stats.process]: { stats, heardAt: now } };
}

export function viewOf(processes: Processes): View | null {
  const all = Object.values(processes).toSorted((a, b) => b.heardAt - a.heardAt);
  const newest = all[0]?.stats;
  if (newest === undefined) return null;
  const stats = all.map((one) => one.stats);
  const engines = [...new Map(stats.toReversed().flatMap(enginesByName)).values()];
  return {
    at: newest.at,
    isPaused: stats.some((one) => one.is_paused),
    nRequests: sum(stats.map((one) => one.n_requests)),
    requests: stats.flatMap((one) => one.requests).toSorted(byPlace),
    engines,
    nRunning: sum(engines.map((one) => one.n_running)),
    nQueued: sum(engines.map((one) => one.n_queued)),
    sockets: sum(stats.map((one) => one.sockets)),
    nProcesses: stats.length,
    host: newest.host,
    tokensPerSecond: sum(stats.map((one) => one.lately.tokens_per_second)),
    ttft: worst(stats.map((one) => one.lately.ttft)),
    itl: worst(stats.map((one) => one.lately.itl)),
    queue: worst(stats.map((one) => one.lately.queue)),
  };
}

export const keyOf = (engine: LiveEngine) => `${engine.name}/${engine.model}`;

function enginesByName(stats: Stats): [string, LiveEngine][] {
  return stats.engines.map((engine) => [keyOf(engine), engine]);
}

/** Who runs first, the longest first; then who waits, by place. */
function byPlace(a: LiveRequest, b: LiveRequest): number {
  return place(a) - place(b) || b.age_ms - a.age_ms;
}

function worst(spreads: Spread[]): Spread {
  return {
    p50: most(spreads.map((one) => one.p50)),
    p95: most(spreads.map((one) => one.p95)),
    p99: most(spreads.map((one) => one.p99)),
  };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function place(one: LiveRequest): number {
  if (one.phase === 'queued') return 1_000_000 + (one.position ?? 0);
  return one.phase === 'preparing' ? 500_000 : 0;
}

function most(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}
