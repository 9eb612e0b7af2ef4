/** An answer: its text, how it stands, and what can be done with it. */
import Box from '@mui/material/Box';
import { lazy, type MouseEvent, Suspense, useContext, useState } from 'react';
import type { Message } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { isUnnamed } from '../compare/names';
import { citedBy } from '../markdown/citations';
import { ChatSlots } from '../slots';
import type { ChatController } from '../state/controller';
import { isLiveStatus } from '../state/live';
import type { Live } from '../state/types';
import { useChatState } from '../useChat';
import { AnswerActions } from './AnswerActions';
import { AnswerStatus } from './AnswerStatus';
import { AnswerText } from './AnswerText';
import { LeftOut } from './LeftOut';
import { Waiting } from './Waiting';

const toolCalls = () => withTexts(import('./ToolCalls'));
const ToolCallsDone = lazy(async () => ({ default: (await toolCalls()).ToolCallsDone }));
const ToolQuestions = lazy(async () => ({ default: (await toolCalls()).ToolQuestions }));

interface AssistantMessageProps {
  chat: ChatController;
  message: Message;
  live: Live | undefined;
  text: string;
  isLast: boolean;
  onEdit: () => void;
}

export function AssistantMessage({ chat, message, live, text, isLast, onEdit }: AssistantMessageProps) {
  const { UnderAnswer } = useContext(ChatSlots);
  const [isSource, setIsSource] = useState(false);
  const [cited, setCited] = useState<number | null>(null);
  const isRunning = live !== undefined || isLiveStatus(message.status);
  const isSearching = useChatState(chat, (state) => state.messages.get(message.parent_id ?? 0)?.web_search ?? false);
  const isOpen = useChatState(chat, (state) => state.line === 'open');
  // Rows that this device kept may be older than the field.
  const calls = message.tool_calls ?? [];
  const isAsking = isRunning && calls.some((call) => call.state === 'waiting');
  const pages = message.web?.results.filter((page) => page.is_cited) ?? [];
  const numbers = [...message.citations, ...pages].map(({ n }) => n);
  const onPress = (event: MouseEvent) => {
    const n = citedBy(event.target);
    if (n === null) return;
    event.preventDefault();
    event.stopPropagation();
    setCited(n);
  };
  return (
    <>
      {isRunning && !isAsking && (text === '' || live?.position != null) && (
        <Waiting live={live} isSearching={isSearching} onLeave={() => chat.stop(message.id)} />
      )}
      <Suspense>{calls.length > 0 && <ToolCallsDone calls={calls} isRunning={isRunning} />}</Suspense>
      <LeftOut turns={message.dropped_turns} images={message.dropped_images} />
      {text !== '' && (
        <Box onClickCapture={onPress}>
          <AnswerText
            text={text}
            numbers={isRunning ? undefined : numbers}
            isRunning={isRunning}
            isSource={isSource}
            reasoningMs={message.reasoning_ms}
          />
        </Box>
      )}
      <Suspense>
        {isAsking && (
          <ToolQuestions
            calls={calls}
            isOpen={isOpen}
            onDecide={(callId, isApproved) => chat.decideToolCall(message.id, callId, isApproved)}
          />
        )}
      </Suspense>
      {!isRunning && (
        <>
          {UnderAnswer && (
            <Suspense>
              <UnderAnswer message={message} cited={cited} onCited={setCited} />
            </Suspense>
          )}
          <AnswerStatus chat={chat} message={message} />
          {!isUnnamed(message) && (
            <AnswerActions
              chat={chat}
              message={message}
              isLast={isLast}
              isSource={isSource}
              onToggleSource={() => setIsSource(!isSource)}
              onEdit={onEdit}
            />
          )}
        </>
      )}
    </>
  );
}
