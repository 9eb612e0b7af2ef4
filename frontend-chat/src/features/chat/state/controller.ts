/**
 * Owns one open conversation: the only place where its socket, its state and the outbox meet. React reads it as an external
 * store. Frames are collected and applied once per animation frame; a hidden tab, where no animation frame comes, applies
 * them at once, else its acknowledgements would stop and the server would close the line.
 */
import { comparisons, messages, sessions } from '@/shared/api/endpoints';
import type { Feedback, Message, Verdict } from '@/shared/api/types';
import { newClientId } from '@/shared/socket/clientId';
import type { Connect, Connection, LineState } from '@/shared/socket/connection';
import { ALONE, type Along, frames, type Overrides } from '@/shared/socket/frames';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { Acknowledger } from './acknowledger';
import { beforePaint } from './beforePaint';
import { Finder } from './finder';
import { History } from './history';
import { Keeper } from './keeper';
import { isLiveStatus } from './live';
import { loadOutbox, saveOutbox } from './outbox';
import { isTooLarge, Sender } from './outgoing';
import { emptyChat, reduce } from './reducer';
import { ReadMarks } from './readMarks';
import { overridesOf } from './replay';
import { codePointLength } from './text';
import { activePath, newestAnswer, runningNow } from './tree';
import type { ChatAction, ChatState, Pending } from './types';

const RESYNC_AGAIN_AFTER_MS = 2_000;

export interface ControllerOptions {
  connect: Connect;
  /** Runs the callback before the next paint. */
  schedule?: (flush: () => void) => void;
  now?: () => number;
}

export class ChatController {
  private state: ChatState;
  private readonly listeners = new Set<() => void>();
  private readonly connection: Connection;
  private readonly acknowledger: Acknowledger;
  private readonly readMarks: ReadMarks;
  private readonly sender: Sender;
  private readonly keeper: Keeper;
  private readonly history: History;
  private readonly finder: Finder;
  private readonly schedule: (flush: () => void) => void;
  private readonly now: () => number;
  private waiting: ServerFrame[] = [];
  private isScheduled = false;
  private isClosed = false;
  private resyncAskedAt = new Map<number, number>();

  constructor(
    readonly sessionId: number,
    options: ControllerOptions,
  ) {
    this.state = { ...emptyChat, pending: loadOutbox(sessionId) };
    this.schedule = options.schedule ?? beforePaint;
    this.now = options.now ?? (() => performance.now());
    this.acknowledger = new Acknowledger((frame) => this.connection.send(frame), this.now);
    this.keeper = new Keeper(sessionId, this.getState);
    this.history = new History(sessionId, this.getState, (page) => this.loaded(page));
    this.finder = new Finder(this.history, {
      known: () => this.known(),
      showBranch: (id) => this.showBranch(id),
      onFound: (id) => this.dispatch({ type: 'goal', id }),
    });
    this.readMarks = new ReadMarks((frame) => this.connection.send(frame));
    this.sender = new Sender(
      (frame) => this.connection.send(frame),
      (clientId) => this.dispatch({ type: 'refused', clientId, failure: { code: 'too_large', detail: '' } }),
    );
    this.connection = options.connect(`/ws/chat/${sessionId}/`, {
      onFrame: (frame) => this.receive(frame),
      onLine: (line) => this.lineChanged(line),
    });
  }

  readonly getState = (): ChatState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    this.isClosed = true;
    this.keeper.stop();
    this.history.stop();
    this.finder.stop();
    this.acknowledger.stop();
    this.readMarks.stop();
    this.connection.close();
  }

  /** While others are on their way, the server puts it behind them: we do not know yet what it will answer. */
  send(text: string, clientId: string = newClientId(), along: Along = ALONE): void {
    if (this.state.pending.some((own) => own.clientId === clientId)) return;
    const parentId = this.place();
    this.queue({ clientId, text: text.toWellFormed(), editOf: null, parentId, ...along, failure: null });
  }

  edit(message: Message, text: string): void {
    const clientId = newClientId();
    const { id, parent_id } = message;
    const own = { clientId, text: text.toWellFormed(), editOf: id, parentId: parent_id };
    this.queue({ ...own, ...ALONE, failure: null });
  }

  retry(clientId: string): void {
    this.dispatch({ type: 'retried', clientId, parentId: this.place() });
    this.sender.again(clientId);
    this.sendPending();
  }

  readonly discard = (clientId: string): void => this.dispatch({ type: 'discarded', clientId });
  readonly stop = (id: number): boolean => this.connection.send(frames.stop(id));
  readonly regenerate = (id: number, overrides: Overrides = {}): boolean =>
    this.connection.send(frames.regenerate(id, overrides));
  readonly continueReply = (id: number): boolean => this.connection.send(frames.continueReply(id));
  readonly decideToolCall = (id: number, callId: string, isApproved: boolean): boolean =>
    this.connection.send(frames.decideToolCall(id, callId, isApproved));
  readonly reconnect = (): void => this.connection.reconnect();
  readonly typing = (isTyping: boolean): boolean => this.connection.send(frames.typing(isTyping));
  /** False while it could not be told; nothing that is not shown as the server's may be sent before it has spoken. What no
   * frame takes stays unsaved until it is shorter. */
  readonly saveDraft = (text: string): boolean => {
    const frame = frames.draft(text.toWellFormed());
    return this.state.line === 'open' && !isTooLarge(text, frame) && this.connection.send(frame);
  };
  readonly setEditing = (id: number | null): void => this.dispatch({ type: 'editing', id });
  readonly closeNotice = (): void => this.dispatch({ type: 'noticeClosed' });

  /** Ends what is being made now, if anything is; what waits behind it, and other branches, go on. */
  readonly stopRunning = (): void => runningNow(this.state).forEach((id) => this.stop(id));

  /** Shows another version of a message; the server answers with the newest leaf below it. */
  readonly showBranch = async (messageId: number): Promise<void> => {
    const session = await sessions.update(this.sessionId, { active_leaf: messageId });
    this.dispatch({ type: 'frame', frame: { type: 'session_updated', session: { ...session } } });
    this.answer([]);
  };

  /** Makes the answer anew from everything that shaped it, its seed included. */
  readonly replay = async (id: number): Promise<void> => {
    const { metadata } = await messages.detail(id);
    await messages.regenerate(id, metadata ? overridesOf(metadata) : {});
  };

  readonly rate = async (id: number, value: Feedback, note = ''): Promise<void> => {
    const row = await messages.feedback(id, value, note);
    this.dispatch({ type: 'page', messages: [row] });
  };

  /** The reply beside one that is shown: only the branch is sent by itself. */
  readonly fetchRow = async (id: number): Promise<void> => {
    const { metadata: _, ...row } = await messages.detail(id);
    this.loaded([row]);
  };

  readonly vote = async (comparison: number, verdict: Verdict): Promise<void> => {
    this.dispatch({ type: 'page', messages: await comparisons.vote(comparison, verdict) });
  };

  readonly loadEarlier = (): Promise<void> => this.history.loadEarlier();

  /** Rejects where there is no way to the message, unless another one was asked for meanwhile. */
  readonly goTo = (id: number): Promise<void> => this.finder.goTo(id);
  readonly reached = (): void => this.dispatch({ type: 'goal', id: null });

  /** Resolves when the server has told the session. */
  private known(): Promise<void> {
    if (this.state.session) return Promise.resolve();
    return new Promise((resolve) => {
      const leave = this.subscribe(() => {
        if (!this.state.session) return;
        leave();
        resolve();
      });
    });
  }

  /** Which message the next one answers: the last that is shown, unless others are on their way. */
  private place(): number | null {
    const isFirst = this.state.pending.every((own) => own.failure !== null);
    return isFirst ? (this.state.session?.active_leaf ?? null) : null;
  }

  private queue(pending: Pending): void {
    this.dispatch({ type: 'queued', pending });
    this.sendPending();
  }

  private receive(frame: ServerFrame): void {
    this.waiting.push(frame);
    if (this.isScheduled) return;
    if (document.visibilityState === 'hidden') {
      this.flush();
      return;
    }
    this.isScheduled = true;
    this.schedule(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.isClosed) return;
    const batch = this.waiting;
    this.waiting = [];
    const before = this.state;
    this.state = batch.reduce((state, frame) => reduce(state, { type: 'frame', frame }), before);
    if (this.state !== before) this.changed(before);
    this.answer(batch);
  }

  /** What the server is owed after a batch: the outbox after a reconnect, resyncs for gaps, acknowledgements. */
  private answer(batch: ServerFrame[]): void {
    if (batch.some((frame) => frame.type === 'session_state')) {
      this.resyncAskedAt.clear();
      this.acknowledger.reset();
      this.readMarks.reset();
      this.sendPending();
      this.markRead();
    }
    for (const frame of batch) if (frame.type === 'ai_snapshot') this.hearWhole(frame);
    for (const [id, live] of this.state.live) {
      if (live.hasGap) this.askWhole(id);
      else this.acknowledger.shown(id, live.length);
    }
    for (const frame of batch) if (frame.type === 'ai_complete') this.readMarks.ended(frame.message.id);
    const { messages, session } = this.state;
    if (session && activePath(messages, session.active_leaf).isMissing) this.loadBranch();
  }

  private hearWhole({ message_id, text, status }: Extract<ServerFrame, { type: 'ai_snapshot' }>): void {
    this.acknowledger.tell(message_id, codePointLength(text));
    if (!isLiveStatus(status)) this.fetchRow(message_id).catch(() => undefined); // its end was not heard
  }

  /** Of another branch, or beside the one that is shown: the unread answer may be among them. */
  private loaded(rows: Message[]): void {
    this.dispatch({ type: 'page', messages: rows });
    this.markRead();
  }

  private markRead(): void {
    if (this.state.session?.is_unread) this.readMarks.shown(newestAnswer(this.state));
  }

  private loadBranch(): void {
    this.history.restart();
    this.loadEarlier().catch(() => undefined);
  }

  private askWhole(id: number): void {
    const asked = this.resyncAskedAt.get(id);
    if (asked !== undefined && this.now() - asked < RESYNC_AGAIN_AFTER_MS) return;
    if (this.connection.send(frames.resync(id))) this.resyncAskedAt.set(id, this.now());
  }

  private lineChanged(state: LineState): void {
    if (this.isClosed) return;
    this.sender.newLine();
    this.flush(); // what came before: painted later, it would say of this line what was true of the other
    // Open is what the first `session_state` makes it: before that nothing may be sent.
    if (state !== 'open') this.dispatch({ type: 'line', state });
    if (state === 'lost') this.showKept().catch(() => undefined);
  }

  private async showKept(): Promise<void> {
    if (this.state.session !== null) return;
    const found = await this.keeper.read();
    if (found && !this.isClosed) this.dispatch({ type: 'kept', ...found });
  }

  private sendPending(): void {
    if (this.state.line === 'open') this.sender.sendAll(this.state.pending);
  }

  private dispatch(action: ChatAction): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state !== before) this.changed(before);
  }

  private changed(before: ChatState): void {
    const { messages, session } = this.state;
    if (messages !== before.messages || session !== before.session) this.keeper.changed();
    if (this.state.pending !== before.pending) saveOutbox(this.sessionId, this.state.pending);
    for (const listener of this.listeners) listener();
  }
}
