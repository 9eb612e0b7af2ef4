import { expect, it } from 'vitest';
import { refusal, serve } from '@/test/server';
import { request } from './http';
import { makeQueryClient } from './queries';

const queryFn = () => request('GET', 'admin/backups/');

async function nAsked(answer: { status?: number; body?: unknown }): Promise<number> {
  const asked = serve({ 'GET /api/admin/backups/': answer });
  await expect(makeQueryClient().fetchQuery({ queryKey: ['backups'], queryFn, retryDelay: 0 })).rejects.toThrow();
  return asked.length;
}

it('asks once where it is refused', async () => {
  expect(await nAsked(refusal(403, 'forbidden', 'You may not do this.'))).toBe(1);
});

it('asks again where that may help', async () => {
  expect(await nAsked({ status: 503, body: { code: 'unavailable', detail: 'Later.', retryable: true } })).toBe(4);
  expect(await nAsked({ status: 502, body: {} })).toBe(4);
});
