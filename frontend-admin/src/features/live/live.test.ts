/** Frames to view, view to points: pure, by the golden frame that the server's tests read too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFigures, type Stats, WATCH } from '@/shared/socket/live';
import { take, viewOf } from './merge';
import { pointOf, withNews } from './points';
import { hear, type Seen } from './useLive';

const FOLDER = join(import.meta.dirname, '../../../../backend/chat/tests/protocol');
const golden = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const stats = JSON.parse(golden('server.stats.json')) as Stats;

const at = (second: number): Stats => ({ ...stats, at: new Date(1_700_000_000_000 + second * 1000).toISOString() });

it('says and understands what the server’s golden frames say', () => {
  expect(JSON.parse(WATCH)).toEqual(JSON.parse(golden('client.watch_stats.json')));
  expect(parseFigures(golden('server.stats.json'))).toEqual(stats);
  expect(parseFigures(golden('server.model_pulls.json'))).toEqual(JSON.parse(golden('server.model_pulls.json')));
  for (const other of ['', 'null', '{"type":"pong"}', '{"type":"stats"}', '{"type":"model_pulls"}', 'not json', 7])
    expect(parseFigures(other)).toBeNull();
});

describe('the view', () => {
  it('shows who runs before who waits', () => {
    const view = viewOf(take({}, { ...stats, requests: stats.requests.toReversed() }, 0));
    expect(view?.requests.map((one) => one.phase)).toEqual(['decode', 'queued']);
    expect([view?.nRunning, view?.nQueued, view?.sockets]).toEqual([1, 1, 3]);
  });

  it('adds processes up, counts a shared engine once and forgets who is gone', () => {
    const other = { ...stats, process: 'another', sockets: 4 };
    const both = take(take({}, stats, 0), other, 1_000);
    expect(viewOf(both)).toMatchObject({ sockets: 7, nRunning: 1, nProcesses: 2, nRequests: 4, tokensPerSecond: 59.6 });
    expect(viewOf(both)?.engines).toHaveLength(1);
    expect(viewOf(take(both, other, 7_000))).toMatchObject({ sockets: 4, nProcesses: 1 });
  });

  it('is nothing before the first frame', () => expect(viewOf({})).toBeNull());
});

describe('points', () => {
  const empty: Seen = { processes: {}, view: null, points: [] };

  it('come every two seconds', () => {
    const seen = [0, 1, 2, 3, 4].reduce((known, second) => hear(known, at(second), second * 1000), empty);
    expect(seen.points).toHaveLength(3);
    expect(seen.points[0]).toMatchObject({ n_running: 1, ttft_p50: 180.5, ttft_p99: null });
  });

  it('go on where the history ends', () => {
    const view = viewOf(take({}, at(100), 0));
    if (view === null) throw new Error('no view');
    const point = pointOf(view);
    const columns = Object.fromEntries(Object.keys(point).map((name) => [name, [1]]));
    const history = { range: '15m', step_s: 2, process: 'x', ...columns, at: [1_700_000_000] } as never;
    expect(withNews(history, [point]).at).toEqual([1_700_000_000, 1_700_000_100]);
    expect(withNews(history, [{ ...point, at: 1_699_999_000 }])).toBe(history);
  });
});
