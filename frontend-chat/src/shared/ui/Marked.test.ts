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
test('nothing is lost, whatever the ranges', () => {
  const overlapping = [
    [1, 3],
    [2, 4],
  ];
  for (const ranges of [[], [[0, 99]], [[5, 2]], [[90, 99]], overlapping]) {
    const found = pieces('abcdef', ranges);
    expect(found.map(({ part }) => part).join('')).toBe('abcdef');
  }
});
