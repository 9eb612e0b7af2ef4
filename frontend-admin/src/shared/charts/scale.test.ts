import { expect, it } from 'vitest';
import { nearest, pathOf, ticksTo } from './scale';

it('covers the largest value with a few round lines', () => {
  expect(ticksTo(0)).toEqual([0, 1]);
  expect(ticksTo(7)).toEqual([0, 5, 10]);
  expect(ticksTo(30)).toEqual([0, 10, 20, 30]);
  expect(ticksTo(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticksTo(1234).at(-1)).toBeGreaterThanOrEqual(1234);
});

it('draws through what is known, and leaves long silences open', () => {
  expect(pathOf([0, 1, 2, 30], [5, null, 7, 9], 10)).toBe('M0.0 5.0h0L2.0 7.0M30.0 9.0h0');
  expect(pathOf([], [], 10)).toBe('');
});

it('finds the moment under the pointer', () => {
  expect(nearest([0, 10, 20], 14)).toBe(1);
  expect(nearest([], 14)).toBe(0);
});
