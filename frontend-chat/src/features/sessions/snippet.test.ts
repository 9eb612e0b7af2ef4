import { expect, test } from 'vitest';
import { partsOf } from './snippet';

const shown = (snippet: string, ranges: number[][]) =>
  partsOf(snippet, ranges)
    .map((part) => (part.isHit ? `[${part.text}]` : part.text))
    .join('');

test('hits are cut out by code points', () => {
  expect(shown('🏡 오늘날짜를 본다', [[4, 6]])).toBe('🏡 오늘[날짜]를 본다');
});
test('nothing is lost, whatever the ranges', () => {
  for (const ranges of [
    [],
    [[0, 99]],
    [[5, 2]],
    [
      [1, 3],
      [2, 4],
    ],
  ]) {
    expect(
      partsOf('abcdef', ranges)
        .map((part) => part.text)
        .join(''),
    ).toBe('abcdef');
  }
});
