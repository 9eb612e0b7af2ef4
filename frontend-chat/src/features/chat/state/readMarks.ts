/** Tells the server which answers somebody has looked at. What ends in a hidden tab waits until it is shown. */
import { type ClientFrame, frames } from '@/shared/socket/frames';

export class ReadMarks {
  private newest = 0;
  private told = 0;

  constructor(private readonly send: (frame: ClientFrame) => boolean) {
    document.addEventListener('visibilitychange', this.tell);
  }

  /** This answer stands on the page, and is not known as read. */
  shown(id: number): void {
    this.newest = Math.max(this.newest, id);
    this.tell();
  }

  /** This one ended just now, perhaps anew ("continue") or after a newer one: whatever was told, the end of it is not read. */
  ended(id: number): void {
    this.told = Math.min(this.told, id - 1);
    this.shown(id);
  }

  /** A new line: what was told on the one before may have been lost, and the server says what is unread. */
  reset(): void {
    this.newest = this.told = 0;
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.tell);
  }

  private readonly tell = (): void => {
    if (this.newest <= this.told || document.visibilityState === 'hidden') return;
    if (this.send(frames.read(this.newest))) this.told = this.newest;
  };
}
