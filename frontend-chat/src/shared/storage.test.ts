import { afterEach, expect, test, vi } from 'vitest';
import { localKept } from './storage';

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

test('it works', () => {
  localKept.setItem('a', '1');
  expect([localStorage.getItem('a'), localKept.getItem('a'), localKept.getItem('b')]).toEqual(['1', '1', null]);
  localKept.removeItem('a');
  expect([localStorage.getItem('a'), localKept.getItem('a')]).toEqual([null, null]);
});

test('where there is no room, the page remembers, the newer value before the older one', () => {
  localKept.setItem('a', 'old');
  const full = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  localKept.setItem('a', 'new');
  expect(localKept.getItem('a')).toBe('new');
  full.mockRestore();
  localKept.setItem('a', 'newest');
  expect([localKept.getItem('a'), localStorage.getItem('a')]).toEqual(['newest', 'newest']);
});

test('where the browser blocks storage, nothing throws', () => {
  vi.spyOn(globalThis, 'localStorage', 'get').mockImplementation(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  expect(localKept.getItem('a')).toBeNull();
  localKept.setItem('a', '1');
  expect(localKept.getItem('a')).toBe('1');
  localKept.removeItem('a');
  expect(localKept.getItem('a')).toBeNull();
});
