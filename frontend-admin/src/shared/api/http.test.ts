import { expect, it, vi } from 'vitest';
import { refusal, serve } from '@/test/server';
import { download } from './http';

it('says in the server’s words why there is no file', async () => {
  serve({ 'POST /api/admin/x/': refusal(429, 'too_many_requests', 'Please wait a moment.') });
  await expect(download('admin/x/', 'x.csv')).rejects.toMatchObject({
    message: 'Please wait a moment.',
    status: 429,
    body: { code: 'too_many_requests' },
  });
});

it('has a sentence for an answer that is none of ours, and for none at all', async () => {
  serve({ 'POST /api/admin/x/': { status: 502, body: 'bad gateway' } });
  await expect(download('admin/x/', 'x.csv')).rejects.toMatchObject({ message: 'ra.notification.http_error' });
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('away')));
  await expect(download('admin/x/', 'x.csv')).rejects.toMatchObject({ message: 'maru.error.unreachable' });
});
