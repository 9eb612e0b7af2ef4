/** A conversation of many messages, by the import that everybody has. */
import type { Page } from '@playwright/test';
import { send } from './people';

const AT = Date.parse('2026-01-05T08:00:00Z');

function text(n: number): string {
  if (n % 2 === 0) return `Question ${n}: how are the planks of a maru laid? 질문 ${n}.`;
  const code = n % 10 === 1 ? `\n\n\`\`\`python\ndef planks(width_m):\n    return int(width_m * ${n})\n\`\`\`` : '';
  return `**Answer ${n}.** From pine, side by side, ${n} in a row.\n\n- first\n- second, 마루${code}`;
}

/** The id of the new session. */
export async function importLongSession(page: Page, nMessages: number): Promise<number> {
  const messages = Array.from({ length: nMessages }, (_, n) => ({
    key: n,
    parent: n === 0 ? null : n - 1,
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: text(n),
    timestamp: new Date(AT + n * 600_000).toISOString(),
    ...(n % 2 === 1 && { finish_reason: 'stop' }),
  }));
  const document = {
    format: 'maru.session',
    version: 1,
    session: { title: 'Long' },
    config: {},
    active_leaf: nMessages - 1,
    messages,
  };
  const body = (await send(page, 'POST', '/api/sessions/import/', document)) as { sessions: { id: number }[] };
  const id = body.sessions[0]?.id;
  if (id === undefined) throw new Error('nothing was imported');
  return id;
}
