/**
 * The frames of PROTOCOL §2 that the server sends. They are validated before anything trusts them; keys that are not known
 * yet pass (the server may be newer). Golden examples: backend/chat/tests/protocol/*.json.
 */
import * as z from 'zod/mini';

// The policy forbids `eval`, which zod's compiled parsers would need.
z.config({ jitless: true });

/** Made with the first frame: sixty schemas at the start would stand before the first picture. */
export function serverFrames() {
  const id = z.int();
  const status = z.enum(['queued', 'streaming', 'complete', 'stopped', 'interrupted', 'failed']);

  const attachment = z.looseObject({ kind: z.enum(['document', 'image']), id, name: z.string() });

  const toolCall = z.looseObject({
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    arguments: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed', 'refused', 'stopped', 'lost']),
    decided_by: z.nullable(z.enum(['user', 'house', 'time'])),
    waits_until: z.nullable(z.string()),
    error_code: z.nullable(z.string()),
    is_error: z.boolean(),
    result: z.string(),
    result_chars: z.int(),
    duration_ms: z.nullable(z.int()),
    offset: z.int(),
    round: z.int(),
  });

  const messageRow = z.looseObject({
    id,
    session: id,
    parent_id: z.nullable(id),
    role: z.enum(['system', 'user', 'assistant']),
    is_user: z.boolean(),
    content: z.string(),
    status,
    finish_reason: z.nullable(z.enum(['stop', 'length', 'abort', 'error'])),
    error_code: z.nullable(z.string()),
    timestamp: z.string(),
    edited_at: z.nullable(z.string()),
    token_count: z.nullable(z.number()),
    processing_time: z.nullable(z.number()),
    model: z.string(),
    feedback: z.union([z.literal(-1), z.literal(0), z.literal(1)]),
    feedback_note: z.string(),
    prompt_tokens: z.nullable(z.int()),
    dropped_turns: z.int(),
    dropped_images: z.int(),
    reasoning_ms: z.nullable(z.int()),
    attachments: z.array(attachment),
    web_search: z.boolean(),
    tools: z.boolean(),
    client_id: z.nullable(z.string()),
    siblings: z.array(id),
    citations: z.array(
      z.looseObject({
        n: z.int(),
        document: id,
        chunk: id,
        title: z.string(),
        page: z.nullable(z.int()),
        score: z.number(),
      }),
    ),
    web: z.nullable(
      z.looseObject({
        query: z.string(),
        error_code: z.nullable(z.string()),
        results: z.array(
          z.looseObject({ n: z.int(), title: z.string(), url: z.string(), text: z.string(), is_cited: z.boolean() }),
        ),
      }),
    ),
    tool_calls: z.array(toolCall),
    memories_used: z.int(),
    comparison: z.nullable(
      z.looseObject({
        id,
        side: z.enum(['a', 'b']),
        other: id,
        is_blind: z.boolean(),
        verdict: z.nullable(z.enum(['a', 'b', 'tie', 'both_bad', 'skipped'])),
      }),
    ),
  });

  const sessionRow = z.looseObject({
    id,
    title: z.string(),
    pinned: z.boolean(),
    archived: z.boolean(),
    folder: z.string(),
    is_temporary: z.boolean(),
    active_leaf: z.nullable(id),
    persona: z.nullable(id),
    is_unread: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
    last_activity_at: z.string(),
  });

  const online = z.array(z.looseObject({ user: z.string(), connections: z.int() }));

  return z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('session_state'),
      protocol: z.literal(1),
      session: sessionRow,
      messages: z.array(messageRow),
      live: z.array(z.looseObject({ message_id: id, text: z.string(), status })),
      presence: online,
      draft: z.string(),
    }),
    z.looseObject({
      type: z.literal('message_created'),
      message: messageRow,
      reply: z.nullish(messageRow),
      client_id: z.nullish(z.string()),
    }),
    z.looseObject({ type: z.literal('message_updated'), message: messageRow }),
    z.looseObject({
      type: z.literal('ai_queued'),
      message_id: id,
      position: z.int(),
      eta_ms: z.nullable(z.number()),
    }),
    z.looseObject({ type: z.literal('ai_start'), message_id: id, model: z.string() }),
    z.looseObject({ type: z.literal('ai_chunk'), message_id: id, offset: z.int(), chunk: z.string() }),
    z.looseObject({ type: z.literal('tool_call'), message_id: id, call: toolCall }),
    z.looseObject({ type: z.literal('ai_snapshot'), message_id: id, text: z.string(), status }),
    z.looseObject({ type: z.literal('ai_complete'), message: messageRow }),
    z.looseObject({
      type: z.literal('ai_error'),
      message_id: id,
      code: z.string(),
      detail: z.string(),
      retryable: z.boolean(),
      retry_after_s: z.nullish(z.number()),
    }),
    z.looseObject({ type: z.literal('session_created'), session: sessionRow }),
    z.looseObject({ type: z.literal('session_updated'), session: sessionRow }),
    z.looseObject({ type: z.literal('session_deleted'), session_id: id }),
    z.looseObject({
      type: z.literal('reply_finished'),
      session_id: id,
      message_id: id,
      status,
      title: z.string(),
    }),
    z.looseObject({
      type: z.literal('document_updated'),
      document_id: id,
      title: z.string(),
      status: z.enum(['queued', 'extracting', 'indexing', 'ready', 'failed']),
      error_code: z.nullable(z.string()),
    }),
    z.looseObject({
      type: z.literal('quota_warning'),
      limit: z.enum(['messages_per_day', 'tokens_per_day']),
      allowed: z.int(),
      used: z.int(),
      resets_at: z.string(),
    }),
    z.looseObject({
      type: z.literal('house_updated'),
      house: z.looseObject({
        banner: z.looseObject({ level: z.enum(['off', 'info', 'warning']), en: z.string(), ko: z.string() }),
        memory: z.boolean(),
        sharing: z.boolean(),
        uploads: z.boolean(),
        upload_max_bytes: z.int(),
        web_search: z.boolean(),
        tools: z.boolean(),
        webhooks: z.boolean(),
        jsonl_log: z.boolean(),
        moderation_hook: z.boolean(),
        remote_images: z.looseObject({ mode: z.enum(['never', 'click', 'listed']), origins: z.array(z.string()) }),
      }),
    }),
    z.looseObject({ type: z.literal('typing'), user: z.string(), is_typing: z.boolean() }),
    z.looseObject({ type: z.literal('draft'), text: z.string() }),
    z.looseObject({ type: z.literal('presence'), online }),
    z.looseObject({
      type: z.literal('error'),
      code: z.string(),
      detail: z.string(),
      retryable: z.boolean(),
      client_id: z.nullish(z.string()),
      message_id: z.nullish(id),
    }),
    z.looseObject({ type: z.literal('pong') }),
  ]);
}

let serverFrame: ReturnType<typeof serverFrames> | null = null;

export type ServerFrame = z.infer<ReturnType<typeof serverFrames>>;

/** The frame in a socket's text, or null for what this version does not know or cannot trust. */
export function parseServerFrame(text: unknown): ServerFrame | null {
  if (typeof text !== 'string') return null;
  try {
    serverFrame ??= serverFrames();
    const answer = serverFrame.safeParse(JSON.parse(text));
    return answer.success ? answer.data : null;
  } catch {
    return null;
  }
}
