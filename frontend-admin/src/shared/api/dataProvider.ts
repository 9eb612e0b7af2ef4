/**
 * react-admin's questions in the words of /api/admin/: numbered pages with a count, `ordering`, `search`, filters by name.
 * A write asked of a resource that is only read is answered by the server (405), in its own words.
 */
import type { DataProvider, DeleteParams, GetListParams, GetManyParams, Identifier, RaRecord } from 'react-admin';
import { request, type Query } from './http';

interface Page<Row> {
  count: number;
  results: Row[];
}

const listPath = (resource: string) => `admin/${resource}/`;
const rowPath = (resource: string, id: Identifier) => `admin/${resource}/${encodeURIComponent(id)}/`;

function queryOf({ pagination, sort, filter = {} }: GetListParams): Query {
  const { q, ...filters } = filter as Query;
  return {
    ...filters,
    search: q,
    page: pagination?.page,
    page_size: pagination?.perPage,
    ordering: sort ? `${sort.order === 'DESC' ? '-' : ''}${sort.field}` : undefined,
  };
}

async function list<Row extends RaRecord>(resource: string, params: GetListParams) {
  const page = await request<Page<Row>>('GET', listPath(resource), queryOf(params));
  return { data: page.results, total: page.count };
}

const one = <Row extends RaRecord>(resource: string, id: Identifier) => request<Row>('GET', rowPath(resource, id));

export const dataProvider: DataProvider = {
  getList: list,
  getManyReference: (resource, { target, id, filter, ...params }) =>
    list(resource, { ...params, filter: { ...filter, [target]: id } }),
  getOne: async (resource, { id }) => ({ data: await one(resource, id) }),
  getMany: async <Row extends RaRecord>(resource: string, { ids }: GetManyParams<Row>) => ({
    data: await Promise.all(ids.map((id) => one<Row>(resource, id))),
  }),
  create: async (resource, { data }) => ({ data: await request('POST', listPath(resource), {}, data) }),
  update: async (resource, { id, data }) => ({ data: await request('PATCH', rowPath(resource, id), {}, data) }),
  updateMany: async (resource, { ids, data }) => {
    await Promise.all(ids.map((id) => request('PATCH', rowPath(resource, id), {}, data)));
    return { data: ids };
  },
  delete: async <Row extends RaRecord>(resource: string, { id, previousData }: DeleteParams<Row>) => {
    await request('DELETE', rowPath(resource, id));
    return { data: previousData ?? ({ id } as Row) };
  },
  deleteMany: async (resource, { ids }) => {
    await Promise.all(ids.map((id) => request('DELETE', rowPath(resource, id))));
    return { data: ids };
  },
};
