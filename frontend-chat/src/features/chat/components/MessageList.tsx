/** The conversation as a virtual list: however long it is, only what is near the view is in the page. */
import DownIcon from '@mui/icons-material/ArrowDownwardRounded';
import Box from '@mui/material/Box';
import Fab from '@mui/material/Fab';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { Message } from '@/shared/api/types';
import type { ChatController } from '../state/controller';
import type { Pending } from '../state/types';
import { daysAgo, isSameDay } from '../times';
import { useChatState } from '../useChat';
import { DayDivider } from './DayDivider';
import { MessageItem } from './MessageItem';
import { PendingItem } from './PendingItem';
import { stepByMessage } from './stepByMessage';
import { useFollow } from './useFollow';
import { useGoal } from './useGoal';

interface MessageListProps {
  chat: ChatController;
  messages: readonly Message[];
  pending: readonly Pending[];
  hasEarlier: boolean;
}

const BUFFER_PX = 1200;
const LOAD_BEFORE_PX = 600;

export function MessageList({ chat, messages, pending, hasEarlier }: MessageListProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const { toEnd, ...follow } = useFollow(scroller);
  const rows = useMemo(() => [...messages, ...pending], [messages, pending]);
  const isPrepend = usePrepended(rows);
  const lastId = messages.at(-1)?.id;

  // One's own words are always shown.
  const newest = pending.at(-1)?.clientId;
  useEffect(() => {
    if (newest !== undefined) toEnd();
  }, [newest, toEnd]);

  const list = useRef<VirtualizerHandle>(null);
  const goalAt = useCallback((id: number) => rows.findIndex((row) => keyOf(row) === id), [rows]);
  useGoal(chat, scroller, list, goalAt, follow);
  // Out of view, too: what is being written into it is nowhere else.
  const editedAt = useChatState(chat, (state) => (state.editing === null ? -1 : goalAt(state.editing)));

  const loadIfNearTop = useCallback(() => {
    // The element's own offset: the list's is one event late.
    const top = scroller.current?.scrollTop ?? 0;
    if (hasEarlier && top < LOAD_BEFORE_PX) chat.loadEarlier().catch(() => undefined);
  }, [chat, hasEarlier]);
  // A page that does not fill the space above calls for the next one.
  useEffect(() => {
    if (rows.length === 0) return;
    const frame = requestAnimationFrame(loadIfNearTop);
    return () => cancelAnimationFrame(frame);
  }, [loadIfNearTop, rows]);

  return (
    <Box sx={{ position: 'relative', flex: 1, minHeight: 0 }}>
      <Box
        ref={scroller}
        component="section"
        aria-label={t('chat.conversation')}
        tabIndex={0}
        onKeyDown={stepByMessage}
        onScroll={() => {
          follow.onScroll();
          loadIfNearTop();
        }}
        sx={{
          height: '100%',
          overflowY: 'auto',
          overflowX: 'hidden',
          overflowAnchor: 'none',
          outline: 'none',
          '&:focus-visible': { boxShadow: 'inset 0 0 0 2px var(--mui-palette-primary-main)' },
        }}
      >
        <Box sx={{ pt: 2, pb: 3 }}>
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            shift={isPrepend}
            keepMounted={editedAt < 0 ? [] : [editedAt]}
            bufferSize={BUFFER_PX}
            startMargin={16}
            data={rows}
          >
            {(row, index) =>
              'clientId' in row ? (
                <PendingItem key={row.clientId} chat={chat} pending={row} />
              ) : (
                <div key={row.id}>
                  {startsDay(rows[index - 1], row, hasEarlier) && <DayDivider stamp={row.timestamp} />}
                  <MessageItem chat={chat} message={row} isLast={row.id === lastId} />
                </div>
              )
            }
          </Virtualizer>
        </Box>
      </Box>
      {follow.isAway && (
        <Fab
          size="small"
          aria-label={t('chat.jump')}
          onClick={toEnd}
          sx={{
            position: 'absolute',
            bottom: 12,
            left: '50%',
            ml: '-20px',
            bgcolor: 'background.paper',
            color: 'text.primary',
            border: 1,
            borderColor: 'divider',
            boxShadow: 2,
          }}
        >
          <DownIcon fontSize="small" />
        </Fab>
      )}
    </Box>
  );
}

type Row = Message | Pending;

/** The first message of a day names it; of today only when there is something older above. */
function startsDay(before: Row | undefined, row: Message, hasEarlier: boolean): boolean {
  if (before === undefined) return !hasEarlier && daysAgo(row.timestamp) > 0;
  return !('clientId' in before) && !isSameDay(before, row);
}

const keyOf = (row: Row | undefined) => (row === undefined ? undefined : 'clientId' in row ? row.clientId : row.id);

/** Whether the latest rows came in above those before: the list then holds its place from the end. */
function usePrepended(rows: readonly Row[]): boolean {
  const [last, setLast] = useState({ rows, isPrepend: false });
  if (last.rows === rows) return last.isPrepend;
  const oldFirst = keyOf(last.rows[0]);
  const isPrepend =
    oldFirst !== undefined && oldFirst !== keyOf(rows[0]) && rows.some((row) => keyOf(row) === oldFirst);
  setLast({ rows, isPrepend });
  return isPrepend;
}
