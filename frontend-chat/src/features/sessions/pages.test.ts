import { afterEach, describe, expect, test, vi } from 'vitest';
import { session } from '@/test/rows';
import { type Pages, sectionOf, withoutSession, withSession } from './pages';

const at = (minute: number) => `2026-11-21T06:${String(minute).padStart(2, '0')}:00.000000Z`;
const row = (id: number, minute: number, more = {}) => session({ id, last_activity_at: at(minute), ...more });
const pages = (...lists: number[][]): Pages => ({
  pageParams: lists.map(() => null),
  pages: lists.map((minutes, index) => ({
    next: index < lists.length - 1 ? 'more' : null,
    results: minutes.map((minute) => row(minute, minute)),
  })),
});
const ids = (list: Pages) => list.pages.map((page) => page.results.map((one) => one.id));

describe('a list of all', () => {
  test('it works: a new session comes first', () => {
    expect(ids(withSession(pages([30, 20]), row(40, 40), {}))).toEqual([[40, 30, 20]]);
  });

  test('activity moves a session up, over pages', () => {
    expect(ids(withSession(pages([30, 20], [10, 5]), row(10, 35), {}))).toEqual([[10, 30, 20], [5]]);
  });

  test('one that belongs behind the loaded pages is left to them', () => {
    const open = pages([30, 20], []);
    open.pages.length = 1;
    expect(ids(withSession(open, row(1, 1), {}))).toEqual([[30, 20]]);
  });

  test('archived and temporary sessions leave it', () => {
    expect(ids(withSession(pages([30, 20]), row(20, 20, { archived: true }), {}))).toEqual([[30]]);
  });
});

test('pinning moves a session between the two lists', () => {
  const pinned = row(20, 20, { pinned: true });
  expect(ids(withSession(pages([30, 20]), pinned, { pinned: false }))).toEqual([[30]]);
  expect(ids(withSession(pages([]), pinned, { pinned: true }))).toEqual([[20]]);
});

test('folders, the archive and the rest each take what is theirs', () => {
  const inWork = row(30, 30, { folder: 'Work' });
  expect(ids(withSession(pages([30]), inWork, { pinned: false, in_folder: false }))).toEqual([[]]);
  expect(ids(withSession(pages([]), inWork, { folder: 'Work' }))).toEqual([[30]]);
  expect(ids(withSession(pages([30]), inWork, { folder: 'Home' }))).toEqual([[]]);
  expect(ids(withSession(pages([]), row(30, 30, { archived: true }), { archived: true }))).toEqual([[30]]);
});

test('a deleted session leaves; an unknown one changes nothing', () => {
  const list = pages([30, 20]);
  expect(ids(withoutSession(list, 30))).toEqual([[20]]);
  expect(withoutSession(list, 99)).toBe(list);
});

test('headings follow the days of this place', () => {
  const now = new Date(2026, 10, 21, 12);
  const of = (day: number) => sectionOf(session({ last_activity_at: new Date(2026, 10, day, 1).toISOString() }), now);
  expect([of(21), of(20), of(16), of(1)]).toEqual(['today', 'yesterday', 'week', 'older']);
  expect(sectionOf(session({ pinned: true }), now)).toBe('pinned');
});

afterEach(() => vi.unstubAllEnvs());
const placeOf = (at: string, now: Date) => sectionOf(session({ last_activity_at: at }), now);

test('yesterday is a day of the calendar, also where the clocks were changed', () => {
  vi.stubEnv('TZ', 'America/New_York');
  expect(placeOf('2026-03-08T04:30:00Z', new Date(2026, 2, 9, 12))).toBe('week'); // Saturday, 23:30; Sunday has 23 hours
  expect(placeOf('2026-11-01T04:30:00Z', new Date(2026, 10, 2, 12))).toBe('yesterday'); // Sunday, 00:30; it has 25 hours
});
