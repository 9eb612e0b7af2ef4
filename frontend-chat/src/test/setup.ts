/** What jsdom lacks, and English texts for all tests. */
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeAll } from 'vitest';
import { chooseLanguage, withTexts } from '@/shared/i18n';

// Generous: on a machine with other work to do a test must not fail for being slow.
configure({ asyncUtilTimeout: 10_000 });

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver ??= NoObserver;
globalThis.IntersectionObserver ??= NoObserver as unknown as typeof IntersectionObserver;
globalThis.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
  }) as unknown as MediaQueryList;
Element.prototype.scrollTo ??= () => {};
// Browsers have it, Node 20 does not.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const [n, item] of [...items].entries()) {
    const key = keyOf(item, n);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

beforeAll(async () => {
  await chooseLanguage('en');
  await withTexts(Promise.resolve());
});

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});
