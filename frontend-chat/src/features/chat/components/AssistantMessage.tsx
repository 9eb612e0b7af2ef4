/** An answer: its text, how it stands, and what can be done with it. */
import Box from '@mui/material/Box';
import { lazy, Suspense, useState } from 'react';
import type { Message } from '@/shared/api/types';
import type { ChatController } from '../state/controller';
import type { Live } from '../state/types';
import { AnswerActions } from './AnswerActions';
import { AnswerStatus } from './AnswerStatus';
import { PlainText } from './PlainText';
import { Waiting } from './Waiting';

const MarkdownText = lazy(() => import('../markdown/MarkdownText'));

interface AssistantMessageProps {
  chat: ChatController;
  message: Message;
  live: Live | undefined;
  text: string;
  isLast: boolean;
}

export function AssistantMessage({ chat, message, live, text, isLast }: AssistantMessageProps) {
  const [isSource, setIsSource] = useState(false);
  const isRunning = live !== undefined || message.status === 'queued' || message.status === 'streaming';
  return (
    <>
      {isRunning && (text === '' || live?.position != null) && (
        <Waiting live={live} onLeave={() => chat.stop(message.id)} />
      )}
      {text !== '' && (
        <Box data-testid="message-text" sx={{ lineHeight: 1.75 }}>
          {isSource ? (
            <PlainText text={text} isSource />
          ) : (
            <Suspense fallback={<PlainText text={text} />}>
              <MarkdownText text={text} isStreaming={isRunning} />
            </Suspense>
          )}
        </Box>
      )}
      {!isRunning && (
        <>
          <AnswerStatus chat={chat} message={message} />
          <AnswerActions
            chat={chat}
            message={message}
            isLast={isLast}
            isSource={isSource}
            onToggleSource={() => setIsSource(!isSource)}
          />
        </>
      )}
    </>
  );
}
