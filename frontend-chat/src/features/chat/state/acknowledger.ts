/**
 * Tells the server how far each running reply is shown (PROTOCOL `ack`): every 4,096 code points, at most 16 KiB of the
 * server's 64 KiB window, or 250 ms after the last word, whichever is first.
 */
import { type ClientFrame, frames } from '@/shared/socket/frames';

const EVERY_CODE_POINTS = 4_096;
const EVERY_MS = 250;

interface Told {
  offset: number;
  at: number;
}

export class Acknowledger {
  private told = new Map<number, Told>();
  private due = new Map<number, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly send: (frame: ClientFrame) => boolean,
    private readonly now: () => number,
  ) {}

  shown(id: number, length: number): void {
    const last = this.told.get(id) ?? { offset: 0, at: 0 };
    if (length === last.offset) return;
    if (length - last.offset >= EVERY_CODE_POINTS || this.now() - last.at >= EVERY_MS) {
      this.tell(id, length);
      return;
    }
    this.due.set(id, length);
    this.timer ??= setTimeout(() => this.tellDue(), EVERY_MS);
  }

  /** At once. Of a whole text the server counts all, however much of it was told before, and also of a reply that has ended. */
  tell(id: number, offset: number): void {
    this.due.delete(id);
    this.told.set(id, { offset, at: this.now() });
    this.send(frames.ack(id, offset));
  }

  reset(): void {
    this.told.clear();
    this.stop();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due.clear();
  }

  private tellDue(): void {
    this.timer = undefined;
    for (const [id, length] of this.due) this.tell(id, length);
  }
}
