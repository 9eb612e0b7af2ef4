/** What users thought of answers. */
import { download, request } from './http';
import type { components } from './schema';

type Schemas = components['schemas'];
export type FeedbackRow = Schemas['FeedbackRow'];
export type FeedbackPage = Schemas['FeedbackPage'];
export type FeedbackSum = Schemas['FeedbackSum'];
export type ExportKind = 'chat' | 'preference';
export type Choice = { value: string; model: string };

export const feedback = {
  page: ({ value, model }: Choice, next: string | null) =>
    request<FeedbackPage>('GET', 'admin/feedback/', {
      value,
      model,
      cursor: next ? (new URL(next).searchParams.get('cursor') ?? undefined) : undefined,
    }),
  sums: () => request<FeedbackSum[]>('GET', 'admin/feedback/sums/'),
  save: (kind: ExportKind, { value, model }: Choice) =>
    download('admin/feedback/export/', `maru-${kind}.jsonl`, {
      kind,
      model,
      ...(value && kind === 'chat' ? { value } : {}),
    }),
};
