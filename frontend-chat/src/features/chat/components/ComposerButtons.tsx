/** At the right edge of the box: send, and while an answer is made stop; with words in the box both. */
import SendIcon from '@mui/icons-material/ArrowUpwardRounded';
import StopIcon from '@mui/icons-material/StopRounded';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useTranslation } from 'react-i18next';

interface ComposerButtonsProps {
  canSend: boolean;
  hasText: boolean;
  onStop?: (() => void) | undefined;
}

export function ComposerButtons({ canSend, hasText, onStop }: ComposerButtonsProps) {
  const { t } = useTranslation();
  const send = t(onStop ? 'chat.sendAfter' : 'chat.send');
  return (
    <>
      {onStop && (
        <Tooltip title={t('chat.stop')}>
          <IconButton aria-label={t('chat.stop')} onClick={onStop} sx={hasText ? quietButton : roundButton}>
            <StopIcon />
          </IconButton>
        </Tooltip>
      )}
      {(!onStop || hasText) && (
        <Tooltip title={send}>
          <span>
            <IconButton type="submit" aria-label={send} disabled={!canSend} sx={roundButton}>
              <SendIcon />
            </IconButton>
          </span>
        </Tooltip>
      )}
    </>
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

const quietButton = { width: 40, height: 40, border: 1, borderColor: 'divider' } as const;
