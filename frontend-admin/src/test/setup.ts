/** jsdom lacks what MUI asks a browser for. No test of this house reaches the network. */
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

// As long as a busy machine needs.
configure({ asyncUtilTimeout: 15_000 });

class SilentSocket extends EventTarget {
  static readonly OPEN = 1;
  readonly readyState = 0;
  send(): void {
    throw new Error('a test spoke on a socket');
  }
  close(): void {
    this.dispatchEvent(new Event('closed'));
  }
}

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
  vi.stubGlobal('WebSocket', SilentSocket);
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
});
