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
    const onFrame = (frame: ServerFrame) => {
      if (frame.type === 'session_created' || frame.type === 'session_updated') showSession(queries, frame.session);
      if (frame.type === 'house_updated') changeHeld(queries, HOUSE, () => frame.house);
      if (frame.type === 'session_deleted') {
        hideSession(queries, frame.session_id);
        now.current.onDeleted(frame.session_id);
      }
      const isLookedAt = (id: number) => id === now.current.openSession && document.visibilityState === 'visible';
      if (frame.type === 'reply_finished' && !isLookedAt(frame.session_id)) markUnread(queries, frame.session_id, true);
      if (frame.type === 'document_updated') {
        void askAgain(queries, ['documents'], ['document', frame.document_id]);
      }
      if (frame.type === 'quota_warning' || (frame.type === 'reply_finished' && isLimited(queries))) {
        refreshQuota(queries).catch(() => undefined);
      }
      if (frame.type === 'reply_finished') now.current.onFinished(frame.session_id, frame.title);
    };
    const line = connect('/ws/events/', {
      onFrame,
      onLine: (state) => {
        if (state === 'signed_out') now.current.onSignedOut();
        if (state === 'open') void askAgain(queries, LISTS, FOLDERS, UNREAD, HOUSE);
      },
    });
    return () => line.close();
  }, [queries]);
}
