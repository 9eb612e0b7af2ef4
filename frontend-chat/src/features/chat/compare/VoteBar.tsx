/** The vote, and what it said. It can be given once, when both have answered. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ComparisonSide, Message, Verdict } from '@/shared/api/types';
import { useVote } from '../components/useActs';
import type { ChatController } from '../state/controller';

const VERDICTS = ['a', 'tie', 'both_bad', 'b'] as const;

interface VoteBarProps {
  chat: ChatController;
  comparison: ComparisonSide;
  sides: readonly Message[];
  isRunning: boolean;
}

export function VoteBar({ chat, comparison, sides, isRunning }: VoteBarProps) {
  const { t } = useTranslation();
  const vote = useVote(chat);
  const [isVoting, setIsVoting] = useState(false);
  const { id, is_blind, verdict } = comparison;
  if (verdict !== null) {
    return (
      <Typography role="status" data-testid="verdict" sx={lineStyle}>
        {t(`compare.said.${verdict}`)}
      </Typography>
    );
  }
  const isWhole = sides.every(({ status, content }) => isJudged(status) && content.trim() !== '');
  const cast = (word: Verdict) => {
    setIsVoting(true);
    vote(id, word, () => setIsVoting(false));
  };
  const hint = isRunning ? 'wait' : isWhole ? (is_blind ? 'hintBlind' : 'hint') : 'incomplete';
  return (
    <Box role="group" aria-label={t('compare.vote')} data-testid="vote" sx={{ mt: 1.5 }}>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'center', gap: 1 }}>
        {VERDICTS.map((word) => (
          <Button
            key={word}
            variant="outlined"
            size="small"
            disabled={isRunning || !isWhole || isVoting}
            onClick={() => cast(word)}
            sx={{ minHeight: 36 }}
          >
            {t(`compare.verdict.${word}`)}
          </Button>
        ))}
      </Box>
      <Typography sx={lineStyle}>
        {t(`compare.${hint}`)}
        {is_blind && !isRunning && (
          <Button size="small" disabled={isVoting} onClick={() => cast('skipped')} sx={{ ml: 0.5 }}>
            {t('compare.skip')}
          </Button>
        )}
      </Typography>
    </Box>
  );
}

const isJudged = (status: string) => status === 'complete' || status === 'stopped';
const lineStyle = { mt: 1, textAlign: 'center', fontSize: '0.85rem', color: 'text.secondary' } as const;
