import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { conversationKey, keep } from '@/shared/api/kept';
import { fakeIndexedDb } from '@/test/indexedDb';
import { session } from '@/test/rows';
import { hideSession, showSession } from './useSessions';

const rows = fakeIndexedDb();
const KEY = conversationKey(7);

test('what is deleted is not kept again by the page that still shows it; what is restored is', async () => {
  const queries = new QueryClient();
  await keep(KEY, 'its text');
  hideSession(queries, 7);
  await keep(KEY, 'its text, as its page goes');
  expect([...rows.keys()]).toEqual([]);
  showSession(queries, session());
  await keep(KEY, 'its text');
  expect([...rows.keys()]).toEqual([KEY]);
});
