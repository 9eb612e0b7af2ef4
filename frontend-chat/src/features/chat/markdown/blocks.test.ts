import { expect, test } from 'vitest';
import { BlockSplitter } from './blocks';

const TEXT = `# Title

A paragraph
of two lines.

- one
- two

  still two

- three

| a | b |
|---|---|
| 1 | 2 |

\`\`\`python
def f():

    return 1
\`\`\`

> quoted

끝 🏡
`;

test('it works: top-level blocks, which joined are the text', () => {
  const blocks = new BlockSplitter().split(TEXT);
  expect(blocks).toHaveLength(7);
  expect(blocks.join('')).toBe(TEXT);
});

test('a growing text gives at every length what the whole gives at once, and keeps finished blocks', () => {
  const growing = new BlockSplitter();
  let before: readonly string[] = [];
  for (let length = 1; length <= TEXT.length; length++) {
    const text = TEXT.slice(0, length);
    const blocks = growing.split(text);
    expect(blocks).toEqual(new BlockSplitter().split(text));
    expect(blocks.slice(0, Math.max(0, before.length - 2))).toEqual(before.slice(0, Math.max(0, before.length - 2)));
    before = blocks;
  }
});

test('a text that is replaced is read anew', () => {
  const splitter = new BlockSplitter();
  splitter.split('one\n\ntwo\n\nthree\n\nfour');
  expect(splitter.split('other')).toEqual(['other']);
});

test.each(['', '\n\n', '\ttab\r\nline', '\u0000\u2028x\n\n\u00a0', '```\nopen', '$$x$$\n\n<b>hi</b>'])(
  'no character is lost: %j',
  (text) => {
    expect(new BlockSplitter().split(text).join('')).toBe(text);
  },
);
