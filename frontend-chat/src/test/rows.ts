/** Rows and states for tests: whole, valid, and short to write. */
import { emptyChat, reduce } from '@/features/chat/state/reducer';
import type { ChatState } from '@/features/chat/state/types';
import type { Message, Metadata, Session } from '@/shared/api/types';
import type { ServerFrame } from '@/shared/socket/serverFrames';

const AT = '2026-11-21T06:00:00.000000Z';

export function message(id: number, parentId: number | null, more: Partial<Message> = {}): Message {
  const isUser = more.role === 'user' || (more.role === undefined && parentId === null);
  return {
    id,
    session: 7,
    parent_id: parentId,
    role: isUser ? 'user' : 'assistant',
    is_user: isUser,
    content: `text ${id}`,
    status: 'complete',
    finish_reason: isUser ? null : 'stop',
    error_code: null,
    timestamp: AT,
    edited_at: null,
    token_count: null,
    processing_time: null,
    model: isUser ? '' : 'starter',
    feedback: 0,
    feedback_note: '',
    prompt_tokens: null,
    dropped_turns: 0,
    dropped_images: 0,
    reasoning_ms: null,
    attachments: [],
    web_search: false,
    tools: false,
    client_id: null,
    siblings: [id],
    citations: [],
    web: null,
    tool_calls: [],
    memories_used: 0,
    comparison: null,
    ...more,
  };
}

export function session(more: Partial<Session> = {}): Session {
  return {
    id: 7,
    title: 'Maru',
    pinned: false,
    archived: false,
    folder: '',
    is_temporary: false,
    active_leaf: null,
    persona: null,
    is_unread: false,
    created_at: AT,
    updated_at: AT,
    last_activity_at: AT,
    ...more,
  };
}

type StateFrame = Extract<ServerFrame, { type: 'session_state' }>;

export function sessionState(leaf: number | null, rows: Message[], live: StateFrame['live'] = []): ServerFrame {
  return {
    type: 'session_state',
    protocol: 1,
    session: session({ active_leaf: leaf }),
    messages: rows,
    live,
    presence: [],
    draft: '',
  };
}

export function chunk(message_id: number, offset: number, text: string): ServerFrame {
  return { type: 'ai_chunk', message_id, offset, chunk: text };
}

export function after(...frames: ServerFrame[]): ChatState {
  return frames.reduce((state, frame) => reduce(state, { type: 'frame', frame }), emptyChat);
}

export function metadata(more: Partial<Metadata> = {}): Metadata {
  return {
    prompt_template: 'chatml',
    template_hash: 'a'.repeat(64),
    model_params: { temperature: 0.7, top_p: 0.95, max_tokens: 1024, stop: [], seed: null },
    model_version: 'starter',
    model_hash: 'b'.repeat(64),
    engine: 'local',
    seed: 42,
    prompt_tokens: 120,
    cached_tokens: 80,
    completion_tokens: 60,
    queue_ms: 3,
    prefill_ms: 140,
    ttft_ms: 190,
    decode_ms: 2400,
    tokens_per_second: 25,
    itl_ms_max: 61,
    draft_tokens: 0,
    accepted_tokens: 0,
    reasoning_ms: null,
    recall: [],
    recall_timed_out: false,
    tool_calls: [],
    dropped_turns: 0,
    dropped_images: 0,
    rendered_prompt: '<|im_start|>user\nHi<|im_end|>',
    ...more,
  };
}
