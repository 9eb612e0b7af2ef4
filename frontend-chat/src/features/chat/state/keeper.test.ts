import { beforeEach, expect, test, vi } from 'vitest';
import { conversationKey, keep } from '@/shared/api/kept';
import { fakeIndexedDb } from '@/test/indexedDb';
import { after, message, sessionState } from '@/test/rows';
import { Keeper } from './keeper';

const rows = fakeIndexedDb();
const KEY = conversationKey(7);
const shown = after(sessionState(1, [message(1, null)]));

beforeEach(() => rows.clear());

test('it works: a conversation is kept when its page goes', async () => {
  new Keeper(7, () => shown).stop();
  await vi.waitFor(() => expect(rows.has(KEY)).toBe(true), 10_000);
});

test('a conversation that is no longer there is not kept when its page goes, and what was kept of it goes', async () => {
  await keep(KEY, { session: shown.session, messages: [] });
  new Keeper(7, () => ({ ...shown, line: 'missing' })).stop();
  await vi.waitFor(() => expect(rows.has(KEY)).toBe(false), 10_000);
});
