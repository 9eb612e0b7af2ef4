import { expect, test } from 'vitest';
import { dollarsFor } from './math';
import { splitReasoning } from './reasoning';

test('it works: thoughts and answer come apart', () => {
  expect(splitReasoning('<think>\nhm\n</think>\n\nYes.')).toEqual({
    reasoning: 'hm',
    answer: 'Yes.',
    isThinking: false,
  });
});

test('while the thought is open there is no answer', () => {
  expect(splitReasoning('<think>hm, <b')).toEqual({ reasoning: 'hm, <b', answer: '', isThinking: true });
});

test('a text that only speaks of it is left alone', () => {
  const text = 'Use <think> and </think>.';
  expect(splitReasoning(text)).toEqual({ reasoning: '', answer: text, isThinking: false });
});

test("TeX's brackets become dollars, in code they stay", () => {
  expect(dollarsFor('so \\(a+b\\) is `\\(c\\)`')).toBe('so $$a+b$$ is `\\(c\\)`');
  expect(dollarsFor('\\[x^2\\]')).toBe('\n$$\nx^2\n$$\n');
  expect(dollarsFor('$5이고 $10')).toBe('$5이고 $10');
});
