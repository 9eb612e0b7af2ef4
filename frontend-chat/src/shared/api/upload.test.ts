import { expect, test, vi } from 'vitest';
import { onSignedOut } from './client';
import { upload } from './upload';

test('a file that was taken back before its turn is not sent', async () => {
  const send = vi.fn();
  class Request extends EventTarget {
    upload = new EventTarget();
    open(): void {}
    setRequestHeader(): void {}
    abort(): void {}
    send = send;
  }
  vi.stubGlobal('XMLHttpRequest', Request);
  const sending = upload('/api/documents/', new FormData(), () => undefined, AbortSignal.abort());
  await expect(Promise.race([sending, Promise.resolve()])).rejects.toHaveProperty('name', 'AbortError');
  expect(send).not.toHaveBeenCalled();
});

test('an upload that is refused because nobody is signed in is announced, as every other call', async () => {
  class Request extends EventTarget {
    upload = new EventTarget();
    status = 401;
    response = { code: 'not_authenticated', detail: 'Sign in first.', retryable: false };
    open(): void {}
    setRequestHeader(): void {}
    abort(): void {}
    send(): void {
      this.dispatchEvent(new Event('load'));
    }
  }
  vi.stubGlobal('XMLHttpRequest', Request);
  const told = vi.fn();
  const leave = onSignedOut(told);
  await expect(upload('/api/documents/', new FormData(), () => undefined)).rejects.toHaveProperty('status', 401);
  expect(told).toHaveBeenCalledTimes(1);
  leave();
});
