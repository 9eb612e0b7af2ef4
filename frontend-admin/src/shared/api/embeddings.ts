/** What makes the vectors of memory. */
import { request } from './http';
import type { components } from './schema';

export type Embeddings = components['schemas']['EmbeddingsShape'];

const PATH = 'admin/embeddings/';

export const embeddings = {
  read: () => request<Embeddings>('GET', PATH),
  choose: (model: string) => request<Embeddings>('POST', PATH, {}, { model }),
  giveUp: () => request<null>('DELETE', PATH),
};
