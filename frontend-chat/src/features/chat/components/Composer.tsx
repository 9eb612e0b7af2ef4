/**
 * Where one writes. Enter sends and Shift+Enter breaks the line, or, as the account wishes and on every touch keyboard, Enter
 * breaks the line and Ctrl+Enter sends. An Enter that belongs to an input method only ends the syllable: the one that follows
 * sends, once, with the finished text. What is sent while an answer is made comes after it.
 */
import Box from '@mui/material/Box';
import InputBase from '@mui/material/InputBase';
import { type KeyboardEvent, lazy, type Ref, type RefObject, Suspense, useImperativeHandle, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEnterSends } from '@/shared/api/useEnterSends';
import type { Sight } from '@/shared/api/useModels';
import { isComposing } from '@/shared/ui/composition';
import { pasting } from '../composer/paste';
import { useDrop } from '../composer/useDrop';
import { type ComposerHandle, type Send, useSending } from '../composer/useSending';
import { WishNotices, WishSwitches } from '../composer/Wishes';
import { composerStyle, twoRowsOnPhones } from './column';
import { ComposerButtons } from './ComposerButtons';
import { ComposerTools } from './ComposerTools';
import { NotSent } from './NotSent';

const AttachmentStrip = lazy(() => import('../composer/AttachmentStrip'));
const SlashMenu = lazy(() => import('../composer/SlashMenu'));

const MAX_ROWS = 10;
// Where the browser can, it makes the box as high as its words: measuring that here lays the page out before its first picture.
const GROWS_BY_ITSELF = globalThis.CSS?.supports?.('field-sizing', 'content') ?? false;
const growing = { '& textarea': { fieldSizing: 'content', maxHeight: `${MAX_ROWS}lh` } };

export interface Failure {
  words: string;
  /** Without it, what is in the box now is sent. */
  onRetry?: () => void;
}

interface ComposerProps {
  ref?: Ref<ComposerHandle>;
  text: string;
  onChange: (text: string) => void;
  onSend: Send;
  /** Why the last message did not go. */
  failure?: Failure | null;
  /** Set while an answer is being made. */
  onStop?: (() => void) | undefined;
  /** Arrow-up in the empty box. */
  onEditLast?: (() => void) | undefined;
  isBlocked?: boolean;
  /** Documents go with the chat instead of into the library. */
  isTemporary?: boolean;
  /** Of the model that will answer. */
  sight?: Sight | undefined;
  inputRef: RefObject<HTMLTextAreaElement | null>;
}

export function Composer(props: ComposerProps) {
  const { text, onChange, onSend, failure, onStop, onEditLast, isBlocked = false, isTemporary = false } = props;
  const { ref, sight, inputRef } = props;
  const { t } = useTranslation();
  const enterSends = useEnterSends();
  const { files, wishes, canSend, send } = useSending({ onSend, sight, isBlocked, isTemporary });
  const isOver = useDrop(files.add);
  const [refused, setRefused] = useState('');
  useImperativeHandle(ref, () => ({ send }));
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement | HTMLInputElement>) => {
    if (isComposing(event)) return;
    if (event.key === 'ArrowUp' && text === '' && onEditLast) {
      event.preventDefault();
      onEditLast();
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    if (!event.ctrlKey && !event.metaKey && (!enterSends || isTouch())) return;
    event.preventDefault();
    send(event.currentTarget.value);
  };
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        send(text);
      }}
      onPaste={pasting(files.add)}
      sx={{ ...composerStyle, ...(isOver && { borderColor: 'primary.main', borderStyle: 'dashed' }) }}
    >
      {failure && <NotSent words={failure.words} onRetry={failure.onRetry ?? (() => send(text))} />}
      <WishNotices wishes={wishes} />
      <Suspense>
        {files.items.length > 0 && (
          <AttachmentStrip items={files.items} isTemporary={isTemporary} sight={sight} onRemove={files.remove} />
        )}
        {/^\/\S*$/.test(text) && text !== refused && (
          <SlashMenu
            query={text.slice(1)}
            inputRef={inputRef}
            onInsert={onChange}
            onClose={() => setRefused(text)}
            onFiles={files.add}
          />
        )}
      </Suspense>
      <Box sx={{ display: 'flex', alignItems: 'flex-end', gap: 0.5, ...(wishes.hasAny && twoRowsOnPhones) }}>
        <ComposerTools text={text} onText={onChange} onFiles={files.add} />
        <WishSwitches wishes={wishes} />
        <InputBase
          multiline
          fullWidth
          {...(GROWS_BY_ITSELF ? { inputComponent: 'textarea' } : { maxRows: MAX_ROWS })}
          value={text}
          inputRef={inputRef}
          onChange={(event) => onChange(event.target.value)}
          placeholder={t('chat.placeholder')}
          slotProps={{
            input: {
              'aria-label': t('chat.input'),
              'aria-keyshortcuts': 'Shift+Escape',
              onKeyDown,
              'data-testid': 'composer',
            } as object,
          }}
          sx={{ py: 0.9, px: 0.5, lineHeight: 1.6, ...(GROWS_BY_ITSELF && growing) }}
        />
        <ComposerButtons canSend={canSend(text)} hasText={text.trim() !== ''} onStop={onStop} />
      </Box>
    </Box>
  );
}

function isTouch(): boolean {
  return globalThis.matchMedia?.('(pointer: coarse)').matches ?? false;
}
