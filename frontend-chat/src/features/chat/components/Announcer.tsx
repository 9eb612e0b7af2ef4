/** Tells a screen reader, politely, that an answer is being made and what it was. The words themselves are not read as they come. */
import Box from '@mui/material/Box';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';

const MAX_UNITS = 400;

export function Announcer({ last, isAnswering }: { last: Message | undefined; isAnswering: boolean }) {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  const [wasAnswering, setWasAnswering] = useState(false);
  useEffect(() => {
    if (isAnswering) setWords(t('chat.answering'));
    else if (wasAnswering && last) setWords(t('chat.answered', { text: last.content.slice(0, MAX_UNITS) }));
    setWasAnswering(isAnswering);
  }, [isAnswering, wasAnswering, last, t]);
  return (
    <Box role="status" aria-live="polite" sx={visuallyHidden}>
      {words}
    </Box>
  );
}
