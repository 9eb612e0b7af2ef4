/** The conversation as a virtual list: however long it is, only what is near the view is in the page. */
import DownIcon from '@mui/icons-material/ArrowDownwardRounded';
import Box from '@mui/material/Box';
import Fab from '@mui/material/Fab';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { Message } from '@/shared/api/types';
import type { ChatController } from '../state/controller';
import type { Pending } from '../state/types';
import { MessageItem } from './MessageItem';
import { PendingItem } from './PendingItem';
import { useFollow } from './useFollow';

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
  const virtualizer = useRef<VirtualizerHandle>(null);
  const { isAway, toEnd, onScroll } = useFollow(scroller);
  const rows = useMemo(() => [...messages, ...pending], [messages, pending]);
  const isPrepend = usePrepended(rows);
  const lastId = messages.at(-1)?.id;

  // One's own words are always shown.
  const newest = pending.at(-1)?.clientId;
  useEffect(() => {
    if (newest !== undefined) toEnd();
  }, [newest, toEnd]);

  const loadIfNearTop = () => {
    if (hasEarlier && (virtualizer.current?.scrollOffset ?? 0) < LOAD_BEFORE_PX)
      chat.loadEarlier().catch(() => undefined);
  };
  return (
    <Box sx={{ position: 'relative', flex: 1, minHeight: 0 }}>
      <Box
        ref={scroller}
        component="section"
        aria-label={t('chat.conversation')}
        tabIndex={0}
        onScroll={() => {
          onScroll();
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
            ref={virtualizer}
            scrollRef={scroller}
            shift={isPrepend}
            bufferSize={BUFFER_PX}
            startMargin={16}
            data={rows}
          >
            {(row) =>
              'clientId' in row ? (
                <PendingItem key={row.clientId} chat={chat} pending={row} />
              ) : (
                <MessageItem key={row.id} chat={chat} message={row} isLast={row.id === lastId} />
              )
            }
          </Virtualizer>
        </Box>
      </Box>
      {isAway && (
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

/** Whether the latest rows came in above those before: the list then holds its place from the end. */
function usePrepended(rows: readonly Row[]): boolean {
  const [last, setLast] = useState({ rows, isPrepend: false });
  if (last.rows === rows) return last.isPrepend;
  const oldFirst = last.rows[0];
  const isPrepend = oldFirst !== undefined && oldFirst !== rows[0] && rows.includes(oldFirst);
  setLast({ rows, isPrepend });
  return isPrepend;
}
