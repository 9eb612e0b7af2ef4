import { expect, test } from 'vitest';
import { citedBy, linkCitations } from './citations';

test('a mark of a known source becomes a link, others and code stay', () => {
  expect(linkCitations('Forty crowns [1], see [2] and `a[1]`.', [1])).toBe(
    'Forty crowns [[1]](#source-1), see [2] and `a[1]`.',
  );
  expect(linkCitations('```\na[1]\n``` [1](x) [1]', [1])).toBe('```\na[1]\n``` [1](x) [[1]](#source-1)');
});

test('a press on the link names its source', () => {
  document.body.innerHTML = '<a href="#source-3"><b>[3]</b></a><a href="https://example.org">x</a>';
  const [first, second] = document.querySelectorAll('a, b');
  expect(citedBy(document.querySelector('b') ?? document)).toBe(3);
  expect([first, second].map((each) => each && citedBy(each))).toEqual([3, 3]);
  expect(citedBy(document)).toBeNull();
});
