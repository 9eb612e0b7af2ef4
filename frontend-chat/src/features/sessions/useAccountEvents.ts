/**
 * Listens on `/ws/events/`: what changes in other tabs and devices changes here. What was fetched before
 * the line was open is fetched again: of what changed in between, nothing was told here.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { askAgain, changeHeld } from '@/shared/api/live';
import { HOUSE } from '@/shared/api/useHouse';
import { isLimited, refreshQuota } from '@/shared/api/useQuota';
import { connect } from '@/shared/socket/connection';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { FOLDERS, hideSession, LISTS, showSession } from './useSessions';
import { markUnread, UNREAD } from './useUnread';

/** In which another tab or device that shows an answer says that it was read. */
const READ_WITHIN_MS = 1_000;

interface Listener {
  onDeleted: (id: number) => void;
  onSignedOut: () => void;
  onFinished: (id: number, title: string) => void;
}

export function useAccountEvents(openSession: number | null, { onDeleted, onSignedOut, onFinished }: Listener): void {
  const queries = useQueryClient();
  const now = useRef({ openSession, onDeleted, onSignedOut, onFinished });
  useEffect(() => {
    now.current = { openSession, onDeleted, onSignedOut, onFinished };
  });

  useEffect(() => {
    const isLookedAt = (id: number) => id === now.current.openSession && document.visibilityState === 'visible';
    const endings = untilRead(isLookedAt, (id, title) => now.current.onFinished(id, title));
    const onFrame = (frame: ServerFrame) => {
      if (frame.type === 'session_created' || frame.type === 'session_updated') showSession(queries, frame.session);
      if (frame.type === 'house_updated') changeHeld(queries, HOUSE, () => frame.house);
      if (frame.type === 'session_deleted') {
        hideSession(queries, frame.session_id);
        now.current.onDeleted(frame.session_id);
      }
      if (frame.type === 'reply_finished' && !isLookedAt(frame.session_id)) markUnread(queries, frame.session_id, true);
      if (frame.type === 'document_updated') {
        void askAgain(queries, ['documents'], ['document', frame.document_id]);
      }
      if (frame.type === 'quota_warning' || (frame.type === 'reply_finished' && isLimited(queries))) {
        refreshQuota(queries).catch(() => undefined);
      }
      endings.hear(frame);
    };
    const line = connect('/ws/events/', {
      onFrame,
      onLine: (state) => {
        if (state === 'signed_out') now.current.onSignedOut();
        if (state === 'open') void askAgain(queries, LISTS, FOLDERS, UNREAD, HOUSE);
      },
    });
    return () => {
      endings.stop();
      line.close();
    };
  }, [queries]);
}

/** Tells what has ended: at once where it is shown, elsewhere unless it is read or deleted meanwhile. */
function untilRead(isLookedAt: (id: number) => boolean, tell: (id: number, title: string) => void) {
  const waiting = new Map<number, ReturnType<typeof setTimeout>>();
  const drop = (id: number) => clearTimeout(waiting.get(id));
  const hear = (frame: ServerFrame) => {
    if (frame.type === 'session_updated' && !frame.session.is_unread) drop(frame.session.id);
    if (frame.type === 'session_deleted') drop(frame.session_id);
    if (frame.type !== 'reply_finished') return;
    const { session_id, title } = frame;
    drop(session_id);
    if (isLookedAt(session_id)) tell(session_id, title);
    else waiting.set(session_id, setTimeout(tell, READ_WITHIN_MS, session_id, title));
  };
  return { hear, stop: () => waiting.forEach((timer) => clearTimeout(timer)) };
}
