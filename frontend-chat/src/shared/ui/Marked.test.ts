import { expect, test } from 'vitest';
import { pieces } from './Marked';

test('marks count code points, and the pieces give the text back', () => {
  const found = pieces('🙂 주차장 요금', [
    [2, 5],
    [6, 8],
  ]);
  expect(found.filter(({ isMarked }) => isMarked).map(({ part }) => part)).toEqual(['주차장', '요금']);
  expect(found.map(({ part }) => part).join('')).toBe('🙂 주차장 요금');
});
