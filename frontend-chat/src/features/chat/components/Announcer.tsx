/** Tells a screen reader, politely, that an answer is being made and what it was. The words themselves are not read as they come. */
import Box from '@mui/material/Box';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { splitReasoning } from '../markdown/reasoning';

const MAX_UNITS = 400;

export function Announcer({ last, isAnswering }: { last: Message | undefined; isAnswering: boolean }) {
  const { t } = useTranslation();
  // Only an answer that was seen in the making is news; one that was there on opening, or is of another branch, is not.
  const [made, setMade] = useState<number | null>(null);
  const next = isAnswering || last?.id === made ? (last?.id ?? null) : null;
  if (next !== made) setMade(next);
  const answered =
    last && last.id === made && !last.is_user
      ? t('chat.answered', { text: splitReasoning(last.content).answer.slice(0, MAX_UNITS) })
      : '';
  const words = isAnswering ? t('chat.answering') : answered;
  return (
    <Box role="status" aria-live="polite" sx={visuallyHidden}>
      {words}
    </Box>
  );
}
