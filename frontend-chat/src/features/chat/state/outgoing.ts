/** How messages of the outbox go out, and what no frame takes. */
import { type ClientFrame, frames, MAX_FRAME_BYTES, MAX_MESSAGE_CHARS } from '@/shared/socket/frames';
import { codePointLength } from './text';
import type { Pending } from './types';

function frameOf(own: Pending): ClientFrame {
  if (own.editOf !== null) return frames.edit(own.editOf, own.clientId, own.text);
  return frames.chatMessage(own.clientId, own.text, own.parentId ?? undefined, own);
}

/** Checked here because the server answers a frame over its limit by closing the socket, which a resend would repeat. */
export function isTooLarge(text: string, frame: ClientFrame): boolean {
  if (codePointLength(text) > MAX_MESSAGE_CHARS) return true;
  return new TextEncoder().encode(JSON.stringify(frame)).length > MAX_FRAME_BYTES;
}

/** What has gone out on the present line: each message of the outbox once, on the next line again. */
export class Sender {
  private sent = new Set<string>();

  constructor(
    private readonly send: (frame: ClientFrame) => boolean,
    private readonly refuse: (clientId: string) => void,
  ) {}

  newLine(): void {
    this.sent = new Set();
  }

  again(clientId: string): void {
    this.sent.delete(clientId);
  }

  sendAll(pending: readonly Pending[]): void {
    for (const own of pending) {
      if (own.failure !== null || this.sent.has(own.clientId)) continue;
      const frame = frameOf(own);
      if (isTooLarge(own.text, frame)) this.refuse(own.clientId);
      else if (this.send(frame)) this.sent.add(own.clientId);
    }
  }
}
