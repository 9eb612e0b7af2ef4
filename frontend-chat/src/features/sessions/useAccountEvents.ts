/** Listens on `/ws/events/`: what changes in other tabs and devices changes here. After a gap the lists are fetched again. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { HOUSE } from '@/shared/api/useHouse';
import { isLimited, refreshQuota } from '@/shared/api/useQuota';
import { connect } from '@/shared/socket/connection';
import type { ServerFrame } from '@/shared/socket/frames';
import { hideSession, refreshLists, showSession } from './useSessions';
import { useUnread } from './useUnread';

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
      if (frame.type === 'reply_finished' && frame.session_id !== now.current.openSession) {
        useUnread.getState().mark(frame.session_id);
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
        if (wasOpen) {
          refreshLists(queries).catch(() => undefined);
          queries.invalidateQueries({ queryKey: HOUSE }).catch(() => undefined);
        }
        wasOpen = true;
      },
    });
    return () => line.close();
  }, [queries]);
}
