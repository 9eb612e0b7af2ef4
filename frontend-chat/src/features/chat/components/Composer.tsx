/**
 * Where one writes. Enter sends, Shift+Enter breaks the line; on a touch keyboard Enter breaks the line. An Enter that
 * belongs to an input method only ends the syllable: the one that follows sends, once, with the finished text.
 */
import SendIcon from '@mui/icons-material/ArrowUpwardRounded';
import StopIcon from '@mui/icons-material/StopRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import InputBase from '@mui/material/InputBase';
import Tooltip from '@mui/material/Tooltip';
import type { KeyboardEvent, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { isComposing } from '@/shared/ui/composition';

interface ComposerProps {
  text: string;
  onChange: (text: string) => void;
  onSend: (text: string) => void;
  /** Set while an answer is being made: the button then stops it. */
  onStop?: (() => void) | undefined;
  isBlocked?: boolean;
  inputRef: RefObject<HTMLTextAreaElement | null>;
}

export function Composer({ text, onChange, onSend, onStop, isBlocked = false, inputRef }: ComposerProps) {
  const { t } = useTranslation();
  const canSend = text.trim() !== '' && !isBlocked && !onStop;
  const send = (latest: string) => {
    if (latest.trim() !== '' && !isBlocked && !onStop) onSend(latest);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement | HTMLInputElement>) => {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || isTouch()) return;
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
      sx={{
        display: 'flex',
        alignItems: 'flex-end',
        gap: 1,
        p: 1,
        pl: 2.5,
        border: 1,
        borderColor: 'divider',
        borderRadius: '26px',
        bgcolor: 'background.paper',
        boxShadow: '0 2px 16px rgb(60 40 20 / 6%)',
        transition: 'border-color 120ms',
        '&:focus-within': { borderColor: 'primary.main' },
      }}
    >
      <InputBase
        multiline
        fullWidth
        maxRows={10}
        value={text}
        inputRef={inputRef}
        onChange={(event) => onChange(event.target.value)}
        placeholder={t('chat.placeholder')}
        slotProps={{ input: { 'aria-label': t('chat.input'), onKeyDown, 'data-testid': 'composer' } as object }}
        sx={{ py: 0.9, lineHeight: 1.6 }}
      />
      {onStop ? (
        <Tooltip title={t('chat.stop')}>
          <IconButton aria-label={t('chat.stop')} onClick={onStop} sx={roundButton}>
            <StopIcon />
          </IconButton>
        </Tooltip>
      ) : (
        <Tooltip title={t('chat.send')}>
          <span>
            <IconButton type="submit" aria-label={t('chat.send')} disabled={!canSend} sx={roundButton}>
              <SendIcon />
            </IconButton>
          </span>
        </Tooltip>
      )}
    </Box>
  );
}

const roundButton = {
  width: 40,
  height: 40,
  bgcolor: 'primary.main',
  color: 'primary.contrastText',
  '&:hover': { bgcolor: 'primary.dark' },
  '&.Mui-disabled': { bgcolor: 'surface.hover', color: 'text.secondary' },
} as const;

function isTouch(): boolean {
  return globalThis.matchMedia?.('(pointer: coarse)').matches ?? false;
}
