/** What one open conversation is, as plain data. Written by the reducer only. */
import type { Message, Session } from '@/shared/api/types';
import type { LineState } from '@/shared/socket/connection';
import type { Along } from '@/shared/socket/frames';
import type { ServerFrame } from '@/shared/socket/serverFrames';

/** A reply in the making. `length` is in code points. */
export interface Live {
  text: string;
  length: number;
  status: 'queued' | 'streaming';
  position: number | null;
  eta_ms: number | null;
  /** A delta is missing: nothing is appended until the server has sent the whole text. */
  hasGap: boolean;
}

/** A message of ours that the server has not confirmed. It is sent again after a reconnect, under the same id. */
export interface Pending extends Along {
  clientId: string;
  text: string;
  /** The message this one replaces (edit), else null. */
  editOf: number | null;
  /** The message it answers: where the bubble stands while it is not confirmed. */
  parentId: number | null;
  failure: { code: string; detail: string } | null;
}

export interface Problem {
  code: string;
  detail: string;
}

export interface ChatState {
  session: Session | null;
  messages: ReadonlyMap<number, Message>;
  live: ReadonlyMap<number, Live>;
  pending: readonly Pending[];
  /** Why a reply failed, in words; lost on reload, where the stored code remains. */
  failures: ReadonlyMap<number, Problem>;
  line: LineState;
  /** The last refusal that belongs to no message. */
  notice: (Problem & { at: number }) | null;
  typing: readonly string[];
  /** What another tab or device has written here and not sent; null until the server has said. */
  draft: { text: string } | null;
  /** Sockets that show this conversation, ours included. */
  online: number;
  /** The message whose text stands in a field, if one does. */
  editing: number | null;
  /** The message to be brought into view. */
  goal: number | null;
  /** Shown from this device's memory: the server has not been reached. */
  isKept: boolean;
}

export type ChatAction =
  | { type: 'frame'; frame: ServerFrame }
  | { type: 'line'; state: LineState }
  | { type: 'queued'; pending: Pending }
  | { type: 'refused'; clientId: string; failure: Problem }
  | { type: 'retried'; clientId: string; parentId: number | null }
  | { type: 'discarded'; clientId: string }
  | { type: 'kept'; session: Session; messages: Message[] }
  | { type: 'page'; messages: Message[] }
  | { type: 'editing'; id: number | null }
  | { type: 'goal'; id: number | null }
  | { type: 'noticeClosed' };
