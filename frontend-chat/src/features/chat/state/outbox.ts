/** What was sent and not confirmed survives a reload of the tab, under the ids it was sent with. */
import * as z from 'zod/mini';
import { ALONE } from '@/shared/socket/frames';
import type { Pending } from './types';
import { sessionKept } from '@/shared/storage';

const stored = () =>
  z.array(
    z.object({
      clientId: z.string(),
      text: z.string(),
      editOf: z.nullable(z.int()),
      parentId: z.nullable(z.int()),
      attachments: z.optional(
        z.array(z.object({ kind: z.enum(['document', 'image']), id: z.int(), name: z.string() })),
      ),
      web_search: z.optional(z.boolean()),
      tools: z.optional(z.boolean()),
      compare: z.optional(z.nullable(z.object({ models: z.array(z.string()), is_blind: z.boolean() }))),
      failure: z.nullable(z.object({ code: z.string(), detail: z.string() })),
    }),
  );

const keyOf = (sessionId: number) => `maru.outbox.${sessionId}`;

export function loadOutbox(sessionId: number): Pending[] {
  try {
    const found = stored().safeParse(JSON.parse(sessionKept.getItem(keyOf(sessionId)) ?? '[]'));
    return found.success ? found.data.map((own) => Object.assign({}, ALONE, own)) : [];
  } catch {
    return [];
  }
}

export function saveOutbox(sessionId: number, pending: readonly Pending[]): void {
  try {
    if (pending.length === 0) sessionKept.removeItem(keyOf(sessionId));
    else sessionKept.setItem(keyOf(sessionId), JSON.stringify(pending));
  } catch {
    // A full storage must not stop the sending; only a reload would lose what is on its way.
  }
}
