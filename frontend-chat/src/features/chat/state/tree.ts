/** The path through the tree that is shown: from the active leaf up to the root, as far as it is loaded. Pure. */
import type { Message } from '@/shared/api/types';
import { isLiveStatus } from './live';
import type { ChatState, Pending } from './types';

export interface Path {
  messages: readonly Message[];
  /** There are earlier messages that are not loaded. */
  hasEarlier: boolean;
  /** The leaf itself is not loaded: the branch has to be fetched. */
  isMissing: boolean;
}

export function activePath(messages: ReadonlyMap<number, Message>, leaf: number | null): Path {
  if (leaf === null) return { messages: [], hasEarlier: false, isMissing: false };
  const path: Message[] = [];
  const seen = new Set<number>();
  let id: number | null = leaf;
  while (id !== null && !seen.has(id)) {
    seen.add(id);
    const message = messages.get(id);
    if (!message) break;
    path.push(message);
    id = message.parent_id;
  }
  return { messages: path.toReversed(), hasEarlier: id !== null && path.length > 0, isMissing: path.length === 0 };
}

/** The path as it will be once the server has confirmed what was sent: an edit hides the branch that it replaces. */
export function shownMessages(path: readonly Message[], pending: readonly Pending[]): readonly Message[] {
  const edit = pending.find((own) => own.editOf !== null && own.failure === null);
  if (!edit) return path;
  const index = path.findIndex((message) => message.id === edit.editOf);
  return index < 0 ? path : path.slice(0, index);
}

export function isAnswering(state: ChatState, path: readonly Message[]): boolean {
  const last = path.at(-1);
  return last !== undefined && runningOf(state, last).length > 0;
}

/** Of a message and the reply beside it, where two models were asked: those that are being made. */
export function runningOf({ live, messages }: ChatState, message: Message): number[] {
  const ids = message.comparison ? [message.id, message.comparison.other] : [message.id];
  return ids.filter((id) => live.has(id) || isLiveStatus(messages.get(id)?.status ?? ''));
}

/** What is being made now of the path that is shown, both sides of a comparison; not the answers behind it. */
export function runningNow(state: ChatState): readonly number[] {
  const { messages } = activePath(state.messages, state.session?.active_leaf ?? null);
  return messages.map((message) => runningOf(state, message)).find((ids) => ids.length > 0) ?? [];
}

/** The newest answer of all loaded branches that has ended; 0 if there is none. */
export function newestAnswer({ messages }: ChatState): number {
  let newest = 0;
  for (const row of messages.values()) if (!row.is_user && !isLiveStatus(row.status)) newest = Math.max(newest, row.id);
  return newest;
}

/** The newest answer of the shown path that has text. */
export function lastAnswer({ messages, session }: ChatState): Message | undefined {
  return activePath(messages, session?.active_leaf ?? null).messages.findLast(
    (row) => !row.is_user && row.content !== '',
  );
}
