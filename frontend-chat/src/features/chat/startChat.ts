/** Puts the first message of a new conversation where its page will find it. */
import { newClientId } from '@/shared/socket/clientId';
import type { Attachment } from '@/shared/socket/frames';
import { saveOutbox } from './state/outbox';

export function putFirstMessage(sessionId: number, text: string, attachments: readonly Attachment[] = []): void {
  const first = { clientId: newClientId(), text: text.toWellFormed(), editOf: null, parentId: null, attachments };
  saveOutbox(sessionId, [{ ...first, failure: null }]);
}
