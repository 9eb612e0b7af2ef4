/** Puts the first message of a new conversation where its page will find it. */
import { newClientId } from '@/shared/socket/clientId';
import { saveOutbox } from './state/outbox';

export function putFirstMessage(sessionId: number, text: string): void {
  const first = { clientId: newClientId(), text: text.toWellFormed(), editOf: null, parentId: null, failure: null };
  saveOutbox(sessionId, [first]);
}
