/** What goes along with a message (files and switches), whether it may go now, and that it goes once. */
import type { Sight } from '@/shared/api/useModels';
import type { Along } from '@/shared/socket/frames';
import { useAttachments } from './useAttachments';
import { useWishes } from './Wishes';

/** A promise: files and switches stay until it resolves, and stay when it rejects. */
export type Send = (text: string, along: Along) => Promise<void> | void;

export interface ComposerHandle {
  /** `words` instead of what is in the box, with what is attached and switched on. False: not now, a file is not ready. */
  send: (words: string, by: Send) => boolean;
}

interface Sending {
  onSend: Send;
  sight: Sight | undefined;
  isBlocked: boolean;
  isTemporary: boolean;
}

export function useSending({ onSend, sight, isBlocked, isTemporary }: Sending) {
  const files = useAttachments(isTemporary);
  const wishes = useWishes();
  const isUnseen =
    wishes.wished.compare === null &&
    sight?.sees === false &&
    files.items.some(({ kind, state }) => kind === 'image' && state !== 'failed');
  const canSend = (text: string) => text.trim() !== '' && !isBlocked && !files.isBusy && !isUnseen;
  const sent = () => {
    files.clear();
    wishes.clear();
  };
  const send = (text: string, by: Send = onSend) => {
    if (!canSend(text)) return false;
    const going = by(text, { attachments: files.named(), ...wishes.wished });
    if (going) going.then(sent, () => undefined);
    else sent();
    return true;
  };
  return { files, wishes, canSend, send };
}
