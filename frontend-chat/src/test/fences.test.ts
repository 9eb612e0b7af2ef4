/**
 * Who may import whom: app > pages > features > shared; no feature knows another; only shared/api and shared/socket talk to
 * the network. Without this a feature cannot be understood, tested or deleted by itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '..');
const RANK: Record<string, number> = { shared: 0, features: 1, pages: 2, app: 3 };
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.startsWith('test/') && !name.endsWith('.d.ts'),
);

function imports(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import\()\s*'([^']+)'|^import '([^']+)'/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return found
    .filter((name) => name.startsWith('.') || name.startsWith('@/'))
    .map((name) => (name.startsWith('@/') ? name.slice(2) : relative(SRC, resolve(SRC, dirname(file), name))));
}

const layer = (file: string) => file.split('/')[0] ?? '';
const feature = (file: string) => (layer(file) === 'features' ? file.split('/')[1] : undefined);

test('it works: the files are found', () => expect(files.length).toBeGreaterThan(40));

test.each(files)('%s keeps to the fences', (file) => {
  for (const target of imports(file)) {
    expect(RANK[layer(target)], `${file} imports ${target}`).toBeLessThanOrEqual(RANK[layer(file)] ?? -1);
    if (feature(file) && feature(target)) expect(feature(target), `${file} imports ${target}`).toBe(feature(file));
  }
});

test.each(files.filter((file) => !file.startsWith('shared/api/') && !file.startsWith('shared/socket/')))(
  '%s does no I/O',
  (file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    expect(text).not.toMatch(
      /\bfetch\(|new WebSocket\(|XMLHttpRequest|EventSource\(|partysocket|openapi-fetch|sendBeacon/,
    );
  },
);

test.each(files.filter((file) => file.endsWith('.tsx')))('%s is small', (file) => {
  expect(readFileSync(join(SRC, file), 'utf8').split('\n').length).toBeLessThanOrEqual(150);
});
