import { describe, expect, it } from 'vitest';
import { refusal, serve } from '@/test/server';
import { dataProvider } from './dataProvider';

const listParams = {
  pagination: { page: 3, perPage: 50 },
  sort: { field: 'username', order: 'DESC' as const },
  filter: { q: '민지', is_staff: true, is_active: undefined },
};

describe('dataProvider', () => {
  it('works', async () => {
    const asked = serve({ 'GET /api/admin/users/': { body: { count: 340, results: [{ id: 1 }] } } });
    expect(await dataProvider.getList('users', listParams)).toEqual({ data: [{ id: 1 }], total: 340 });
    expect(Object.fromEntries(asked[0]?.url.searchParams ?? [])).toEqual({
      page: '3',
      page_size: '50',
      ordering: '-username',
      search: '민지',
      is_staff: 'true',
    });
  });

  it('asks for the rows of one owner by a filter', async () => {
    const asked = serve({ 'GET /api/admin/sessions/': { body: { count: 0, results: [] } } });
    await dataProvider.getManyReference('sessions', { ...listParams, target: 'user', id: 7 });
    expect(asked[0]?.url.searchParams.get('user')).toBe('7');
  });

  it('reads one row and several', async () => {
    serve({ 'GET /api/admin/users/7/': { body: { id: 7 } }, 'GET /api/admin/users/8/': { body: { id: 8 } } });
    expect(await dataProvider.getOne('users', { id: 7 })).toEqual({ data: { id: 7 } });
    expect(await dataProvider.getMany('users', { ids: [7, 8] })).toEqual({ data: [{ id: 7 }, { id: 8 }] });
  });

  it('sends the CSRF token with a write', async () => {
    document.cookie = 'csrftoken=abc123';
    const asked = serve({ 'PATCH /api/admin/users/7/': { body: { id: 7 } } });
    await dataProvider.update('users', { id: 7, data: { is_active: false }, previousData: { id: 7 } });
    expect(asked[0]?.headers.get('X-CSRFToken')).toBe('abc123');
    expect(asked[0]?.body).toEqual({ is_active: false });
  });

  it("passes the server's own sentence on", async () => {
    serve({ 'GET /api/admin/users/9/': refusal(404, 'not_found', '찾을 수 없습니다.') });
    await expect(dataProvider.getOne('users', { id: 9 })).rejects.toMatchObject({
      message: '찾을 수 없습니다.',
      status: 404,
      body: { code: 'not_found' },
    });
  });

  it('says when the server cannot be reached', async () => {
    await expect(dataProvider.getOne('users', { id: 9 })).rejects.toMatchObject({ message: 'maru.error.unreachable' });
  });
});
