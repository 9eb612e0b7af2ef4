import { expect, test } from 'vitest';
import { matching } from './slash';

const commands = ['translate', 'new', 'renew'].map((command) => ({ command, title: `do ${command}`, content: null }));
const names = (query: string) => matching(commands, query).map((one) => one.command);

test('what begins with the words comes first, then what holds them', () =>
  expect(names('new')).toEqual(['new', 'renew']));
test('nothing asked means everything', () => expect(names('')).toHaveLength(3));
test('titles count, case does not', () => expect(names('DO')).toHaveLength(3));
test('Korean commands are found', () =>
  expect(matching([{ command: '번역', title: '', content: '' }], '번')).toHaveLength(1));
