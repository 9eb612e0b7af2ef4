/**
 * The one pure reducer of an open conversation: frames and the user's own acts in, state out. No I/O, no clock but the one
 * passed in. An unchanged message keeps its identity, so that it is not rendered again.
 */
import type { Message } from '@/shared/api/types';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { applyDelta, isLiveStatus, liveFrom, liveFromStrayDelta } from './live';
import type { ChatAction, ChatState, Live, Pending, Problem } from './types';

export const emptyChat: ChatState = {
  session: null,
  messages: new Map(),
  live: new Map(),
  pending: [],
  failures: new Map(),
  line: 'connecting',
  notice: null,
  typing: [],
  draft: null,
  online: 0,
  editing: null,
  goal: null,
  isKept: false,
};

export function reduce(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case 'frame':
      return reduceFrame(state, action.frame);
    case 'line':
      return { ...state, line: action.state };
    case 'queued':
      return { ...state, pending: [...state.pending, action.pending] };
    case 'refused':
      return withFailure(state, action.clientId, action.failure);
    case 'retried':
      return retried(state, action.clientId, action.parentId);
    case 'discarded':
      return { ...state, pending: without(state.pending, action.clientId) };
    case 'kept':
      if (state.session !== null) return state;
      return { ...state, session: action.session, messages: withMessages(new Map(), action.messages), isKept: true };
    case 'page':
      return fetched(state, action.messages);
    case 'editing':
      return { ...state, editing: action.id };
    case 'goal':
      return { ...state, goal: action.id };
    case 'noticeClosed':
      return { ...state, notice: null };
  }
}

function reduceFrame(state: ChatState, frame: ServerFrame): ChatState {
  switch (frame.type) {
    case 'session_state':
      return replaceAll(state, frame);
    case 'message_created':
      return created(state, frame);
    case 'message_updated':
      return updated(state, frame.message);
    case 'ai_queued': {
      const live = state.live.get(frame.message_id) ?? liveOf(state, frame.message_id, 'queued');
      return revived(state, frame.message_id, { ...live, position: frame.position, eta_ms: frame.eta_ms });
    }
    case 'ai_start': {
      const live = state.live.get(frame.message_id) ?? liveOf(state, frame.message_id, 'streaming');
      return revived(state, frame.message_id, { ...live, status: 'streaming', position: null, eta_ms: null });
    }
    case 'ai_chunk':
      return delta(state, frame.message_id, frame.offset, frame.chunk);
    case 'tool_call':
      return called(state, frame);
    case 'ai_snapshot':
      return snapshot(state, frame);
    case 'ai_complete':
      return ended(state, frame.message);
    case 'ai_error':
      return failed(state, frame);
    case 'session_updated':
      return { ...state, session: frame.session };
    case 'typing':
      return { ...state, typing: typists(state.typing, frame.user, frame.is_typing) };
    case 'draft':
      return { ...state, draft: { text: frame.text } };
    case 'presence':
      return { ...state, online: countOf(frame.online) };
    case 'error':
      return refused(state, frame);
    default:
      return state;
  }
}

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** The server's word replaces ours: live texts that it does not name have ended meanwhile. Pages loaded before stay. */
function replaceAll(state: ChatState, frame: Frame<'session_state'>): ChatState {
  const live = new Map<number, Live>();
  for (const { message_id, text, status } of frame.live) {
    if (isLiveStatus(status))
      live.set(message_id, { ...liveFrom(text, status), ...placeInQueue(state, message_id, status) });
  }
  // What ran when the line was lost and is not on the last page: its end has to be asked for.
  for (const [id, row] of state.messages) {
    const isTold = live.has(id) || frame.messages.some((told) => told.id === id);
    if (!isTold && isLiveStatus(row.status)) live.set(id, { ...liveFrom(row.content, row.status), hasGap: true });
  }
  // What this device had kept may be old: versions made elsewhere, ratings.
  const isOld = state.isKept || (state.session !== null && state.session.id !== frame.session.id);
  const messages = withMessages(isOld ? new Map() : state.messages, frame.messages);
  const pending = unconfirmed(state.pending, frame.messages);
  const [draft, online] = [{ text: frame.draft }, countOf(frame.presence)];
  const told = { session: frame.session, messages, live, pending, draft, online };
  return { ...state, ...told, line: 'open', typing: [], isKept: false };
}

function countOf(online: Frame<'presence'>['online']): number {
  return online.reduce((sum, { connections }) => sum + connections, 0);
}

function placeInQueue(state: ChatState, id: number, status: string): Pick<Live, 'position' | 'eta_ms'> {
  const before = status === 'queued' ? state.live.get(id) : undefined;
  return { position: before?.position ?? null, eta_ms: before?.eta_ms ?? null };
}

function created(state: ChatState, frame: Frame<'message_created'>): ChatState {
  const rows = frame.reply ? [frame.message, frame.reply] : [frame.message];
  const leaf = rows.at(-1)?.id ?? null;
  const live = new Map(state.live);
  for (const row of rows) {
    if (isLiveStatus(row.status) && !live.has(row.id)) live.set(row.id, liveFrom(row.content, row.status));
  }
  // A resend of what is long known must not pull the reader back to that branch.
  const isNews = !state.messages.has(leaf ?? -1);
  return {
    ...state,
    messages: withMessages(state.messages, rows),
    live,
    pending: unconfirmed(frame.client_id ? without(state.pending, frame.client_id) : state.pending, rows),
    session: state.session && isNews ? { ...state.session, active_leaf: leaf } : state.session,
  };
}

function updated(state: ChatState, message: Message): ChatState {
  const messages = withMessages(state.messages, [message]);
  if (!isLiveStatus(message.status)) return { ...state, messages };
  if (state.live.has(message.id)) return { ...state, messages };
  return withLive({ ...state, messages }, message.id, liveFrom(message.content, message.status));
}

/** What was asked for may be older than what the line has told meanwhile: an end stays an end. */
function fetched(state: ChatState, rows: readonly Message[]): ChatState {
  const news = rows.filter(
    ({ id, status }) => !isLiveStatus(status) || isLiveStatus(state.messages.get(id)?.status ?? status),
  );
  return { ...state, messages: withMessages(state.messages, news) };
}

function delta(state: ChatState, id: number, offset: number, chunk: string): ChatState {
  const live = state.live.get(id);
  const next = live ? applyDelta(live, offset, chunk) : liveFromStrayDelta(state.messages.get(id), offset, chunk);
  return next === null || next === live ? state : withLive(state, id, next);
}

/** The calls of a message stand in their order; the last word on each counts. */
function called(state: ChatState, { message_id, call }: Frame<'tool_call'>): ChatState {
  const row = state.messages.get(message_id);
  if (!row || !isLiveStatus(row.status)) return state;
  const known = row.tool_calls.some(({ id }) => id === call.id);
  const tool_calls = known ? row.tool_calls.map((old) => (old.id === call.id ? call : old)) : [...row.tool_calls, call];
  return { ...state, messages: withMessages(state.messages, [{ ...row, tool_calls }]) };
}

function snapshot(state: ChatState, { message_id, text, status }: Frame<'ai_snapshot'>): ChatState {
  if (isLiveStatus(status)) return withLive(state, message_id, liveFrom(text, status));
  const row = state.messages.get(message_id);
  const without = withoutLive(state, message_id);
  return row ? { ...without, messages: withMessages(state.messages, [{ ...row, content: text, status }]) } : without;
}

function ended(state: ChatState, message: Message): ChatState {
  return withoutLive({ ...state, messages: withMessages(state.messages, [message]) }, message.id);
}

/** The stored row follows in `ai_complete`; until then the text so far stays on the screen. */
function failed(state: ChatState, frame: Frame<'ai_error'>): ChatState {
  const failures = new Map(state.failures).set(frame.message_id, { code: frame.code, detail: frame.detail });
  const row = state.messages.get(frame.message_id);
  const text = state.live.get(frame.message_id)?.text ?? row?.content ?? '';
  if (!row || !isLiveStatus(row.status)) return withoutLive({ ...state, failures }, frame.message_id);
  const stored: Message = { ...row, content: text, status: 'failed', error_code: frame.code };
  return withoutLive({ ...state, failures, messages: withMessages(state.messages, [stored]) }, row.id);
}

function refused(state: ChatState, frame: Frame<'error'>): ChatState {
  const problem = { code: frame.code, detail: frame.detail };
  if (frame.client_id && state.pending.some((own) => own.clientId === frame.client_id)) {
    return withFailure(state, frame.client_id, problem);
  }
  return { ...state, notice: { ...problem, at: (state.notice?.at ?? 0) + 1 } };
}

function withFailure(state: ChatState, clientId: string, failure: Problem): ChatState {
  return { ...state, pending: state.pending.map((own) => (own.clientId === clientId ? { ...own, failure } : own)) };
}

/** It stands at the end now, behind what was sent meanwhile; an edit stays where it was. */
function retried(state: ChatState, clientId: string, parentId: number | null): ChatState {
  const own = state.pending.find((each) => each.clientId === clientId);
  if (!own) return state;
  if (own.editOf !== null) {
    return { ...state, pending: state.pending.map((each) => (each === own ? { ...own, failure: null } : each)) };
  }
  return { ...state, pending: [...without(state.pending, clientId), { ...own, failure: null, parentId }] };
}

function without(pending: readonly Pending[], clientId: string): readonly Pending[] {
  return pending.filter((own) => own.clientId !== clientId);
}

/** A row that carries our id is the confirmation, however it came. */
function unconfirmed(pending: readonly Pending[], rows: readonly Message[]): readonly Pending[] {
  const isOpen = (own: Pending) => !rows.some((row) => row.client_id === own.clientId);
  return pending.every(isOpen) ? pending : pending.filter(isOpen);
}

function liveOf(state: ChatState, id: number, status: Live['status']): Live {
  return liveFrom(state.messages.get(id)?.content ?? '', status);
}

/** It is being made, whatever was told before: an engine that died under it has a successor that goes on. */
function revived(state: ChatState, id: number, live: Live): ChatState {
  const failures = new Map(state.failures);
  failures.delete(id);
  const row = state.messages.get(id);
  if (!row || row.status !== 'failed') return withLive({ ...state, failures }, id, live);
  const messages = withMessages(state.messages, [{ ...row, status: live.status, error_code: null }]);
  return withLive({ ...state, failures, messages }, id, live);
}

function withLive(state: ChatState, id: number, live: Live): ChatState {
  return { ...state, live: new Map(state.live).set(id, live) };
}

function withoutLive(state: ChatState, id: number): ChatState {
  if (!state.live.has(id)) return state;
  const live = new Map(state.live);
  live.delete(id);
  return { ...state, live };
}

function typists(now: readonly string[], user: string, isTyping: boolean): readonly string[] {
  const others = now.filter((name) => name !== user);
  return isTyping ? [...others, user] : others;
}

/** Rows in, and the siblings of rows that are already here told about their new brothers. */
function withMessages(known: ReadonlyMap<number, Message>, rows: readonly Message[]): ReadonlyMap<number, Message> {
  const next = new Map(known);
  for (const row of rows) {
    next.set(row.id, sameRow(known.get(row.id), row));
    for (const id of row.siblings) {
      const brother = next.get(id);
      if (brother && brother.id !== row.id && brother.siblings.length < row.siblings.length) {
        next.set(id, { ...brother, siblings: row.siblings });
      }
    }
  }
  return next;
}

/** The old object where nothing changed: a reconnect must not render the whole conversation again. */
function sameRow(before: Message | undefined, row: Message): Message {
  if (!before) return row;
  const names = Object.keys(row) as (keyof Message)[];
  return names.every((name) => isSame(before[name], row[name])) ? before : row;
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}
