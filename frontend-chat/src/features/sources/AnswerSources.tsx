/** Below an answer: the documents and web pages it cites, and the memories it was made with. */
import MemoryIcon from '@mui/icons-material/PsychologyOutlined';
import SourceIcon from '@mui/icons-material/DescriptionOutlined';
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { MemoriesUsed } from './MemoriesUsed';
import { PassagePanel } from './PassagePanel';
import { useAnswerWithout } from './useSources';
import { WebFailure, WebPages } from './WebPages';

interface AnswerSourcesProps {
  message: Message;
  /** The one whose `[n]` in the text was pressed. */
  cited: number | null;
  onCited: (n: number | null) => void;
}

const MAX_WORDS = 1500;

export default function AnswerSources({ message, cited, onCited }: AnswerSourcesProps) {
  const { t } = useTranslation();
  const { mutate: answerWithout } = useAnswerWithout();
  const [isOpen, setIsOpen] = useState(false);
  const citation = message.citations.find((each) => each.n === cited);
  const { web } = message;
  const hasPages = web !== null && web.results.length > 0;
  if (message.citations.length === 0 && message.memories_used === 0 && web === null) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 0.75, my: 1 }}>
      {message.citations.map((each) => (
        <Chip
          key={each.n}
          size="small"
          variant="outlined"
          icon={<SourceIcon />}
          label={`[${each.n}] ${each.title}${each.page ? ` · ${t('sources.page', { page: each.page })}` : ''}`}
          onClick={() => onCited(each.n)}
          sx={{ maxWidth: 280 }}
        />
      ))}
      {message.memories_used > 0 && (
        <Chip
          size="small"
          variant="outlined"
          icon={<MemoryIcon />}
          label={t('sources.memories', { count: message.memories_used })}
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        />
      )}
      {hasPages && <WebPages web={web} cited={cited} onCited={onCited} />}
      {web && !hasPages && message.content !== '' && <WebFailure web={web} />}
      {isOpen && <MemoriesUsed message={message} />}
      {citation && (
        <PassagePanel
          citation={citation}
          words={message.content.slice(0, MAX_WORDS)}
          onWithout={() => {
            answerWithout({ message: message.id, entry: citation.chunk });
            onCited(null);
          }}
          onClose={() => onCited(null)}
        />
      )}
    </Box>
  );
}
