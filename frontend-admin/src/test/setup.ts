/** jsdom lacks what MUI asks a browser for. No test of this house reaches the network. */
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

// As long as a busy machine needs.
configure({ asyncUtilTimeout: 15_000 });

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new Error('a test reached for the network')));
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
  vi.stubGlobal('scrollTo', () => undefined);
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});
