/** The text of an answer: folded thoughts and Markdown, or its source. Markdown is loaded with the first answer. */
import Box from '@mui/material/Box';
import { lazy, Suspense } from 'react';
import { withTexts } from '@/shared/i18n';
import { linkCitations } from '../markdown/citations';
import { splitReasoning } from '../markdown/reasoning';
import { PlainText } from './PlainText';
import { Reasoning } from './Reasoning';

const MarkdownText = lazy(() => withTexts(import('../markdown/MarkdownText')));

interface AnswerTextProps {
  text: string;
  /** Of its sources: their marks become links, in the answer only. */
  numbers?: readonly number[] | undefined;
  isRunning: boolean;
  isSource: boolean;
  reasoningMs: number | null;
}

export function AnswerText({ text, numbers, isRunning, isSource, reasoningMs }: AnswerTextProps) {
  if (isSource) return <PlainText text={text} isSource />;
  const { reasoning, answer: plain, isThinking } = splitReasoning(text);
  const answer = numbers ? linkCitations(plain, numbers) : plain;
  return (
    <Box data-testid="message-text" sx={{ lineHeight: 1.75 }}>
      {reasoning !== '' && <Reasoning text={reasoning} isThinking={isThinking && isRunning} durationMs={reasoningMs} />}
      {answer !== '' && (
        <Suspense fallback={<PlainText text={answer} />}>
          <MarkdownText text={answer} isStreaming={isRunning} />
        </Suspense>
      )}
    </Box>
  );
}
