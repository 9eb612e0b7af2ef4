import { expect, test, vi } from 'vitest';
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
