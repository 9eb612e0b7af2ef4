/** The frames of PROTOCOL §2 that this front end sends. Golden examples: backend/chat/tests/protocol/*.json. */
/** What replaces the session's settings for one reply. */
export interface Overrides {
  model?: string;
  temperature?: number;
  seed?: number;
}

export interface Attachment {
  kind: 'document' | 'image';
  id: number;
  name: string;
}

/** Two models answer. Without names the house draws them, which only a blind one may ask for. */
export interface Compare {
  models: readonly string[];
  is_blind: boolean;
}

/** What goes along with the words of a message. */
export interface Along {
  attachments: readonly Attachment[];
  /** Its words may be sent to the search engine of the house. */
  web_search: boolean;
  /** The model may ask for tools of the house. */
  tools: boolean;
  compare: Compare | null;
}

export const ALONE: Along = { attachments: [], web_search: false, tools: false, compare: null };

export type ClientFrame =
  | ({ type: 'chat_message'; client_id: string; message: string; parent_id?: number } & Partial<Along>)
  | { type: 'stop' | 'continue' | 'resync' | 'read'; message_id: number }
  | ({ type: 'regenerate'; message_id: number } & Overrides)
  | { type: 'edit'; message_id: number; client_id: string; message: string }
  | { type: 'tool_decision'; message_id: number; call_id: string; is_approved: boolean }
  | { type: 'ack'; message_id: number; offset: number }
  | { type: 'typing'; is_typing: boolean }
  | { type: 'draft'; text: string }
  | { type: 'ping' };

/** The makers are the only source of what is sent, so that the golden test covers all of it. */
export const frames = {
  chatMessage: (
    client_id: string,
    message: string,
    parent_id?: number,
    { attachments, web_search, tools, compare }: Along = ALONE,
  ): ClientFrame => ({
    type: 'chat_message',
    client_id,
    message,
    ...(parent_id === undefined ? {} : { parent_id }),
    ...(attachments.length === 0 ? {} : { attachments: [...attachments] }),
    ...(web_search ? { web_search } : {}),
    ...(tools ? { tools } : {}),
    ...(compare ? { compare } : {}),
  }),
  stop: (message_id: number): ClientFrame => ({ type: 'stop', message_id }),
  regenerate: (message_id: number, overrides: Overrides = {}): ClientFrame => ({
    type: 'regenerate',
    message_id,
    ...overrides,
  }),
  continueReply: (message_id: number): ClientFrame => ({ type: 'continue', message_id }),
  decideToolCall: (message_id: number, call_id: string, is_approved: boolean): ClientFrame => ({
    type: 'tool_decision',
    message_id,
    call_id,
    is_approved,
  }),
  resync: (message_id: number): ClientFrame => ({ type: 'resync', message_id }),
  edit: (message_id: number, client_id: string, message: string): ClientFrame => ({
    type: 'edit',
    message_id,
    client_id,
    message,
  }),
  ack: (message_id: number, offset: number): ClientFrame => ({ type: 'ack', message_id, offset }),
  read: (message_id: number): ClientFrame => ({ type: 'read', message_id }),
  typing: (is_typing: boolean): ClientFrame => ({ type: 'typing', is_typing }),
  draft: (text: string): ClientFrame => ({ type: 'draft', text }),
  ping: (): ClientFrame => ({ type: 'ping' }),
};

/** The server closes a socket that sends a larger frame (4413). */
export const MAX_FRAME_BYTES = 256 * 1024;
export const MAX_MESSAGE_CHARS = 200_000;
