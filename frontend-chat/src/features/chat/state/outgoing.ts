/** A message of the outbox as it goes out, and what no frame takes. */
import { type ClientFrame, frames, MAX_FRAME_BYTES, MAX_MESSAGE_CHARS } from '@/shared/socket/frames';
import { codePointLength } from './text';
import type { Pending } from './types';

export function frameOf(own: Pending): ClientFrame {
  if (own.editOf !== null) return frames.edit(own.editOf, own.clientId, own.text);
  return frames.chatMessage(own.clientId, own.text, own.parentId ?? undefined, own);
}

/** Checked here because the server answers a frame over its limit by closing the socket, which a resend would repeat. */
export function isTooLarge(text: string, frame: ClientFrame): boolean {
  if (codePointLength(text) > MAX_MESSAGE_CHARS) return true;
  return new TextEncoder().encode(JSON.stringify(frame)).length > MAX_FRAME_BYTES;
}
