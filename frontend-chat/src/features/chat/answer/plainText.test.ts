import { expect, test } from 'vitest';
import { plainText } from './plainText';

test('it works: the words, without the marks', () => {
  expect(plainText('# Title\n\nSome **bold** and `code`.\n\n> said\n\n---\n\nEnd.')).toBe(
    'Title\n\nSome bold and code.\n\n> said\n\n---\n\nEnd.',
  );
});

test.each([
  ['- a\n- b\n  - c', '- a\n- b\n  - c'],
  ['3. x\n4. y', '3. x\n4. y'],
  ['- [x] done\n- [ ] open', '☑ done\n☐ open'],
  ['| a | b |\n|---|---|\n| 1 | **2** |', 'a\tb\n1\t2'],
  ['```py\nx = "**no**"\n```', 'x = "**no**"'],
  [
    'see [Maru](https://example.org) and <https://example.org>',
    'see Maru (https://example.org) and https://example.org',
  ],
  ['**강조(테스트)** 를', '강조(테스트) 를'],
  ['a \\* b & <b>c</b>', 'a * b & <b>c</b>'],
  ['', ''],
])('%j', (markdown, text) => expect(plainText(markdown)).toBe(text));
