import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { localKept } from '@/shared/storage';
import { notify } from './notices';

const NOTICE = { title: 'Answer ready', tag: 'answer-1', path: '/c/1' };
const shown = vi.fn();

class PageNotice extends EventTarget {
  static permission = 'granted';
  close = vi.fn();
  constructor(...told: unknown[]) {
    super();
    shown(this, ...told);
  }
}

beforeEach(() => {
  localKept.setItem('maru.notices', '1');
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
  vi.stubGlobal('Notification', PageNotice);
});
afterEach(() => {
  shown.mockReset();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('a click leads to the conversation', () => {
  const open = vi.fn();
  notify(NOTICE, open);
  const [notice, title] = shown.mock.lastCall ?? [];
  expect(title).toBe('Answer ready');
  notice.dispatchEvent(new Event('click'));
  expect(open).toHaveBeenCalledWith('/c/1');
  expect(notice.close).toHaveBeenCalled();
});

test('nothing is shown to who looks at the page, or did not ask for it', () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  notify(NOTICE, vi.fn());
  localKept.setItem('maru.notices', '0');
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
  notify(NOTICE, vi.fn());
  expect(shown).not.toHaveBeenCalled();
});

test('where only a service worker may show notices, it does', async () => {
  const showNotification = vi.fn(() => Promise.resolve());
  shown.mockImplementation(() => {
    throw new TypeError('Illegal constructor');
  });
  vi.stubGlobal('navigator', { serviceWorker: { ready: Promise.resolve({ showNotification }) } });
  notify(NOTICE, vi.fn());
  await vi.waitFor(() =>
    expect(showNotification).toHaveBeenCalledWith('Answer ready', expect.objectContaining({ data: '/c/1' })),
  );
});

test('a browser that has neither goes on', () => {
  shown.mockImplementation(() => {
    throw new TypeError('Illegal constructor');
  });
  vi.stubGlobal('navigator', {});
  expect(() => notify(NOTICE, vi.fn())).not.toThrow();
});
