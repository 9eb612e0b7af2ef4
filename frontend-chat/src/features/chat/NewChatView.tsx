/** The page before there is a conversation: it is made when the first message is sent. */
import Box from '@mui/material/Box';
import type { ReactNode, RefObject } from 'react';
import type { Sight } from '@/shared/api/useModels';
import { ALONE, type Along } from '@/shared/socket/frames';
import { Composer } from './components/Composer';
import { ComposerFooter } from './components/ComposerFooter';
import { EmptyState } from './components/EmptyState';
import { useDraft } from './useDraft';

interface NewChatViewProps {
  userName: string;
  isStarting: boolean;
  isTemporary: boolean;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  notice: ReactNode;
  sight: Sight | undefined;
  /** Resolves when the conversation is made; the draft is kept when it fails. */
  onStart: (text: string, along: Along) => Promise<void>;
}

export function NewChatView(props: NewChatViewProps) {
  const { userName, isStarting, isTemporary, inputRef, notice, sight, onStart } = props;
  const [draft, setDraft] = useDraft('new');
  const start = (text: string, along: Along = ALONE) => {
    onStart(text, along).then(
      () => setDraft(''),
      () => setDraft(text),
    );
  };
  return (
    <>
      <Box sx={{ flex: 1, minHeight: 0, overflowY: 'auto', display: 'grid', alignItems: 'center' }}>
        <EmptyState name={userName} onChoose={(text) => start(text)} />
      </Box>
      <ComposerFooter notice={notice}>
        <Composer
          text={draft}
          onChange={setDraft}
          onSend={start}
          isBlocked={isStarting}
          isTemporary={isTemporary}
          sight={sight}
          inputRef={inputRef}
        />
      </ComposerFooter>
    </>
  );
}
