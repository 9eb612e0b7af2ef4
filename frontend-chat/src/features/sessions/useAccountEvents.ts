/** Listens on `/ws/events/`: what changes in other tabs and devices changes here. After a gap the lists are fetched again. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { tookKept } from '@/shared/api/kept';
import { HOUSE } from '@/shared/api/useHouse';
import { isLimited, refreshQuota } from '@/shared/api/useQuota';
import { connect } from '@/shared/socket/connection';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { hideSession, refreshLists, showSession } from './useSessions';
import { markUnread, refreshUnread } from './useUnread';

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
    let wasOpen = false;
    const onFrame = (frame: ServerFrame) => {
      if (frame.type === 'session_created' || frame.type === 'session_updated') showSession(queries, frame.session);
      if (frame.type === 'house_updated') queries.setQueryData(HOUSE, frame.house);
      if (frame.type === 'session_deleted') {
        hideSession(queries, frame.session_id);
        now.current.onDeleted(frame.session_id);
      }
      const isLookedAt = (id: number) => id === now.current.openSession && document.visibilityState === 'visible';
      if (frame.type === 'reply_finished' && !isLookedAt(frame.session_id)) markUnread(queries, frame.session_id, true);
      if (frame.type === 'document_updated') {
        queries.invalidateQueries({ queryKey: ['documents'] }).catch(() => undefined);
        queries.invalidateQueries({ queryKey: ['document', frame.document_id] }).catch(() => undefined);
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
        if (state !== 'open') return;
        if (wasOpen || tookKept()) {
          Promise.all([refreshLists(queries), refreshUnread(queries)]).catch(() => undefined);
          queries.invalidateQueries({ queryKey: HOUSE }).catch(() => undefined);
        }
        wasOpen = true;
      },
    });
    return () => line.close();
  }, [queries]);
}
