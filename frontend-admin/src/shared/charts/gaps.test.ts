import { expect, test } from 'vitest';
import { broken, isLonely } from './gaps';

test('a line is broken where nothing was measured for too long', () => {
  const { seconds, columns } = broken([10, 11, null, 30, 31], [{ values: [1, 2, 9, null, 4] }], 5);
  expect(seconds).toEqual([10, 11, 20.5, 30, 31]);
  expect(columns).toEqual([[1, 2, null, null, 4]]);
});

test('a point without neighbours is seen by a mark', () => {
  expect([0, 1, 2, 3].map((index) => isLonely([null, 5, null, 6], index))).toEqual([false, true, false, true]);
  expect(isLonely([1, 2], 0)).toBe(false);
});
