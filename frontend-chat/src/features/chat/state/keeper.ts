/**
 * Keeps the end of a conversation on this device for reading without a line, a moment after it last changed and when the page
 * is idle. Temporary chats are never kept, and nothing of one that is gone.
 */
import { conversationKey, forgetOne, keep, kept } from '@/shared/api/kept';
import type { Message, Session } from '@/shared/api/types';
import { activePath } from './tree';
import type { ChatState } from './types';

const AFTER_MS = 1_500;
const MAX_MESSAGES = 200;

export interface KeptChat {
  session: Session;
  messages: Message[];
}

export class Keeper {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;

  constructor(
    private readonly sessionId: number,
    private readonly getState: () => ChatState,
  ) {}

  changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (globalThis.requestIdleCallback ?? setTimeout)(() => this.keep()), AFTER_MS);
  }

  read(): Promise<KeptChat | undefined> {
    return kept<KeptChat>(conversationKey(this.sessionId));
  }

  stop(): void {
    clearTimeout(this.timer);
    this.keep();
    // What was to be kept when the page is idle must not come after a sign-out.
    this.isStopped = true;
  }

  private keep(): void {
    const { session, messages, line, isKept } = this.getState();
    if (session === null || isKept || this.isStopped) return;
    const key = conversationKey(this.sessionId);
    if (session.is_temporary || line === 'missing') forgetOne(key);
    else {
      const rows = activePath(messages, session.active_leaf).messages.slice(-MAX_MESSAGES);
      keep(key, { session, messages: rows } satisfies KeptChat).catch(() => undefined);
    }
  }
}
