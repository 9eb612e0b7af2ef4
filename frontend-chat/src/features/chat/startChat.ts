/** Puts the first message of a new conversation where its page will find it. */
import { newClientId } from '@/shared/socket/clientId';
import { ALONE, type Along } from '@/shared/socket/frames';
import { saveOutbox } from './state/outbox';

export function putFirstMessage(sessionId: number, text: string, along: Along = ALONE): void {
  const first = { clientId: newClientId(), text: text.toWellFormed(), editOf: null, parentId: null, ...along };
  saveOutbox(sessionId, [{ ...first, failure: null }]);
}
