import { expect, test } from 'vitest';
import { partsOf, TooLarge, Unreadable } from './importParts';

const rows = Array.from({ length: 40 }, (_, n) => ({
  title: `대화 ${n} "[{,\\`,
  nested: [[n], { 'a]': '}' }, '😀'],
  text: '마루'.repeat(n * 7),
}));

async function partsFrom(text: string | Uint8Array<ArrayBuffer>, part: number, body = 1_000_000) {
  const parts = [];
  for await (const each of partsOf(new Blob([text]), { part, body })) parts.push(each);
  return parts;
}

test.each([300, 900, 5_000])(
  'parts of %i bytes hold together what the file holds, each conversation whole',
  async (part) => {
    for (const text of [JSON.stringify(rows), JSON.stringify(rows, null, 2), `\ufeff ${JSON.stringify(rows)}\n`]) {
      const parts = await partsFrom(text, part);
      expect(parts.length).toBeGreaterThan(2);
      expect(parts.flatMap((each) => JSON.parse(each.text))).toEqual(rows);
      expect(parts.map((each) => each.before)).toEqual(
        parts.map((_, n) => parts.slice(0, n).reduce((sum, each) => sum + JSON.parse(each.text).length, 0)),
      );
      const shares = parts.map((each) => each.share);
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares.at(-1)).toBe(1);
    }
  },
);

test('of one that is alone above the size of a part only the server’s limit counts', async () => {
  const [first, second] = [{ text: 'x'.repeat(500) }, { text: 'y' }];
  expect((await partsFrom(JSON.stringify([first, second]), 100)).map(({ text }) => JSON.parse(text))).toEqual([
    [first],
    [second],
  ]);
  await expect(partsFrom(JSON.stringify([second, first]), 100, 400)).rejects.toEqual(new TooLarge(2));
  await expect(partsFrom(JSON.stringify(first), 100, 400)).rejects.toEqual(new TooLarge(1));
  expect((await partsFrom(JSON.stringify(first), 100, 600))[0]?.text).toBe(JSON.stringify(first));
});

test('a small file goes as it is, in one piece', async () => {
  const text = JSON.stringify(rows);
  expect(await partsFrom(text, 100_000)).toEqual([{ text, before: 0, share: 1 }]);
});

const whole = JSON.stringify(rows);
test.each([
  ['cut off', whole.slice(0, -30)],
  ['more than one value', `${whole} 1`],
  ['closed too often', `${whole}]`],
  ['a missing comma', whole.replaceAll('},{', '} {')],
  ['no UTF-8', new Uint8Array([...new TextEncoder().encode(whole.slice(0, -2)), 44, 34, 255, 34, 93])],
  ['words', 'hello '.repeat(100)],
  ['nothing', ''],
])('%s is told as unreadable', async (_, text) => {
  await expect(partsFrom(text, 300)).rejects.toBeInstanceOf(Unreadable);
});

test('more than one read of the file is put together', async () => {
  const large = Array.from({ length: 30 }, (_, n) => ({ n, text: '가'.repeat(40_000) }));
  const parts = await partsFrom(JSON.stringify(large), 700_000, 10_000_000);
  expect(parts.flatMap(({ text }) => JSON.parse(text))).toEqual(large);
});
