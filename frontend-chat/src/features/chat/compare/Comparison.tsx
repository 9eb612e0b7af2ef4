/** Two models' answers to one question: side by side where there is room, else one beside the other to be swiped; and the vote. */
import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import useMediaQuery from '@mui/material/useMediaQuery';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ComparisonSide, Message } from '@/shared/api/types';
import type { ChatController } from '../state/controller';
import { isLiveStatus } from '../state/live';
import { useChatState } from '../useChat';
import { nameOf } from './names';
import { Side } from './Side';
import { VoteBar } from './VoteBar';

interface ComparisonProps {
  chat: ChatController;
  /** The side that is on the branch. */
  message: Message;
  comparison: ComparisonSide;
  isLast: boolean;
}

export default function Comparison({ chat, message, comparison, isLast }: ComparisonProps) {
  const other = useChatState(chat, (state) => state.messages.get(comparison.other));
  const isMissing = other === undefined || other.comparison?.verdict !== comparison.verdict;
  useEffect(() => {
    if (isMissing) chat.fetchRow(comparison.other).catch(() => undefined);
  }, [chat, isMissing, comparison.other]);
  const sides = comparison.side === 'a' ? [message, other] : [other, message];
  const shown = sides.filter((side) => side !== undefined);
  const isRunning = useChatState(chat, (state) =>
    shown.some((side) => state.live.has(side.id) || isLiveStatus(side.status)),
  );
  return (
    <Box data-testid="comparison" data-verdict={comparison.verdict ?? ''}>
      <Sides chat={chat} shown={shown} onBranch={message.id} isLast={isLast} />
      <VoteBar chat={chat} comparison={comparison} sides={shown} isRunning={isRunning || shown.length < 2} />
    </Box>
  );
}

interface SidesProps {
  chat: ChatController;
  shown: readonly Message[];
  onBranch: number;
  isLast: boolean;
}

function Sides({ chat, shown, onBranch, isLast }: SidesProps) {
  const { t } = useTranslation();
  const isWide = useMediaQuery('(min-width: 1000px)');
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const scrollTo = useCallback((next: number) => {
    const panel = scroller.current?.children[next];
    scroller.current?.scrollTo?.({ left: panel instanceof HTMLElement ? panel.offsetLeft : 0 });
  }, []);
  const branchAt = shown.findIndex(({ id }) => id === onBranch);
  // A vote may have taken the branch to the other side.
  useEffect(() => {
    if (!isWide && branchAt >= 0) scrollTo(branchAt);
  }, [branchAt, isWide, scrollTo]);
  const panels = shown.map((side) => (
    <Side key={side.id} chat={chat} message={side} isOnBranch={side.id === onBranch} isLast={isLast} />
  ));
  if (isWide) {
    return <Box sx={{ display: 'grid', gridTemplateColumns: 'repeat(2, minmax(0, 1fr))', gap: 2 }}>{panels}</Box>;
  }
  return (
    <>
      <Tabs
        value={Math.min(at, shown.length - 1)}
        onChange={(_, next: number) => {
          setAt(next);
          scrollTo(next);
        }}
        variant="fullWidth"
        aria-label={t('compare.answers')}
        sx={{ minHeight: 40, mb: 1 }}
      >
        {shown.map((side) => (
          <Tab key={side.id} label={nameOf(t, side)} sx={{ minHeight: 40, textTransform: 'none', minWidth: 0 }} />
        ))}
      </Tabs>
      <Box
        ref={scroller}
        role="region"
        aria-label={t('compare.answers')}
        tabIndex={0}
        onScroll={({ currentTarget }) => setAt(currentTarget.scrollLeft > currentTarget.clientWidth / 2 ? 1 : 0)}
        sx={{
          position: 'relative',
          display: 'flex',
          alignItems: 'flex-start',
          gap: 2,
          overflowX: 'auto',
          overflowY: 'hidden',
          scrollSnapType: 'x mandatory',
          scrollBehavior: 'smooth',
          '@media (prefers-reduced-motion: reduce)': { scrollBehavior: 'auto' },
          '& > *': { flex: '0 0 100%', minWidth: 0, scrollSnapAlign: 'start' },
          // As high as the one that is seen: else a short answer would stand above the empty place of a long one.
          [`& > :nth-of-type(${at === 0 ? 2 : 1})`]: { height: 0 },
        }}
      >
        {panels}
      </Box>
    </>
  );
}
