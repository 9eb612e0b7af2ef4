/** The page before there is a conversation: it is made when the first message is sent. */
import Box from '@mui/material/Box';
import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import type { Sight } from '@/shared/api/useModels';
import { problemText } from '@/shared/i18n/problem';
import type { Along } from '@/shared/socket/frames';
import { Composer, type Failure } from './components/Composer';
import { ComposerFooter } from './components/ComposerFooter';
import { EmptyState } from './components/EmptyState';
import type { ComposerHandle } from './composer/useSending';
import { useDraft } from './useDraft';

interface NewChatViewProps {
  userName: string;
  isStarting: boolean;
  isTemporary: boolean;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  notice: ReactNode;
  sight: Sight | undefined;
  /** Resolves when the conversation is made. When it rejects, everything that was to be sent is still in the composer. */
  onStart: (text: string, along: Along) => Promise<void>;
}

export function NewChatView(props: NewChatViewProps) {
  const { userName, isStarting, isTemporary, inputRef, notice, sight, onStart } = props;
  const { t } = useTranslation();
  const [draft, setDraft] = useDraft('new');
  const [failure, setFailure] = useState<Failure | null>(null);
  const composer = useRef<ComposerHandle>(null);
  const start = async (text: string, along: Along, onRetry?: () => void) => {
    setFailure(null);
    try {
      await onStart(text, along);
    } catch (error) {
      const words = problemText(t, error instanceof ApiError ? error : { code: 'error' });
      setFailure(onRetry ? { words, onRetry } : { words });
      throw error;
    }
  };
  const send = (text: string, along: Along) => start(text, along).then(() => setDraft(''));
  /** Goes with what is attached; what is in the box stays there: the words are not from it. */
  const choose = (words: string) => {
    if (isStarting || composer.current?.send(words, (text, along) => start(text, along, () => choose(words)))) return;
    // A file is not ready: they wait in the box, where it is seen why.
    if (!draft.includes(words)) setDraft(draft.trim() === '' ? words : `${draft}\n\n${words}`);
    inputRef.current?.focus();
  };
  return (
    <>
      <Box sx={{ flex: 1, minHeight: 0, overflowY: 'auto', display: 'grid', alignItems: 'center' }}>
        <EmptyState name={userName} onChoose={choose} />
      </Box>
      <ComposerFooter notice={notice}>
        <Composer
          ref={composer}
          text={draft}
          onChange={setDraft}
          onSend={send}
          failure={failure}
          isBlocked={isStarting}
          isTemporary={isTemporary}
          sight={sight}
          inputRef={inputRef}
        />
      </ComposerFooter>
    </>
  );
}
