/**
 * What the server was told of one draft. A line that is dead takes words for as long as its heartbeat needs to find out: when it
 * is cut, what was told so late may not have arrived. The server's next word tells: it is ours, or what stood there before
 * (then ours was lost), or what another device has written.
 */
import { DEAD_UNNOTICED_MS } from '@/shared/socket/connection';

// Timers of a busy page are late.
const DOUBTED_MS = DEAD_UNNOTICED_MS + 10_000;

export class ToldDraft {
  /** The last is ours, or the server's own word; before it what the server may still hold. */
  private texts: { text: string; at: number }[] = [];
  private isDoubted = false;

  /** The server has said what it holds. */
  heard(text: string): void {
    this.texts = [{ text, at: 0 }];
    this.isDoubted = false;
  }

  told(text: string): void {
    this.texts.push({ text, at: Date.now() });
    this.forgetOld();
  }

  /** The line was lost. */
  cut(): void {
    this.forgetOld();
    this.isDoubted = true;
  }

  /** What was told and has not arrived, if `text` is what the server holds; else null. */
  lostWhere(text: string): string | null {
    const last = this.texts.at(-1);
    if (!this.isDoubted || !last || last.text === text) return null;
    return this.texts.some((each) => each.text === text) ? last.text : null;
  }

  /** What stood before a text that has arrived for certain. */
  private forgetOld(): void {
    const since = Date.now() - DOUBTED_MS;
    const arrived = this.texts.findLastIndex(({ at }) => at < since);
    if (arrived > 0) this.texts = this.texts.slice(arrived);
  }
}
