import { expect, test } from 'vitest';
import { message } from '@/test/rows';
import { activePath, shownMessages } from './tree';
import type { Pending } from './types';

const rows = new Map(
  [
    message(1, null),
    message(2, 1, { siblings: [2, 3] }),
    message(3, 1, { siblings: [2, 3] }),
    message(4, 3, { role: 'user' }),
  ].map((row) => [row.id, row]),
);
const ids = (leaf: number | null) => activePath(rows, leaf).messages.map((row) => row.id);

test('it works: the path goes from the root to the active leaf', () => {
  expect(ids(4)).toEqual([1, 3, 4]);
});

test('another leaf shows another branch', () => {
  expect(ids(2)).toEqual([1, 2]);
});

test('an empty session has an empty path', () => {
  expect(activePath(rows, null)).toEqual({ messages: [], hasEarlier: false, isMissing: false });
});

test('a leaf that is not loaded is missing', () => {
  expect(activePath(rows, 99)).toMatchObject({ isMissing: true, messages: [] });
});

test('a path that does not reach the root has earlier messages', () => {
  const some = new Map([[11, message(11, 10)]]);
  expect(activePath(some, 11)).toMatchObject({ hasEarlier: true, isMissing: false });
});

test('an edit on its way hides the branch it replaces, a refused one does not', () => {
  const path = activePath(rows, 4).messages;
  const edit: Pending = {
    clientId: 'c',
    text: 'x',
    editOf: 3,
    parentId: 1,
    attachments: [],
    web_search: false,
    tools: false,
    compare: null,
    failure: null,
  };
  expect(shownMessages(path, [edit]).map((row) => row.id)).toEqual([1]);
  expect(shownMessages(path, [{ ...edit, failure: { code: 'conflict', detail: '' } }])).toBe(path);
});
