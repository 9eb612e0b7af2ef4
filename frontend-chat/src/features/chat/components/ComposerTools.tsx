/** At the left edge of the box: images, and dictation where the browser has it. Limits are told before a file is chosen. */
import AddIcon from '@mui/icons-material/AddPhotoAlternateOutlined';
import MicIcon from '@mui/icons-material/MicNoneRounded';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploads } from '@/shared/api/uploads';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';
import { hasDictation } from '../composer/dictation';

const Dictation = lazy(() => import('../composer/Dictation'));

interface ComposerToolsProps {
  text: string;
  onText: (text: string) => void;
  onFiles: (files: readonly File[]) => void;
}

export function ComposerTools({ text, onText, onFiles }: ComposerToolsProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [wantsLimits, setWantsLimits] = useState(false);
  const [isDictating, setIsDictating] = useState(false);
  const { data: limits } = useQuery({ queryKey: ['uploads', 'limits'], queryFn: uploads.limits, enabled: wantsLimits });
  const told = limits ? t('compose.limits', { size: Math.round(limits.max_bytes / 1024 / 1024) }) : '';
  const label = t('compose.addImages');
  return (
    <>
      <Tooltip title={told ? `${label}: ${told}` : label} onOpen={() => setWantsLimits(true)} describeChild>
        <IconButton
          aria-label={label}
          onFocus={() => setWantsLimits(true)}
          onClick={() => input.current?.click()}
          sx={toolStyle}
        >
          <AddIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <input
        ref={input}
        type="file"
        multiple
        accept="image/png,image/jpeg,image/webp,image/gif"
        aria-label={label}
        tabIndex={-1}
        data-testid="file-input"
        style={visuallyHidden}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      {hasDictation() && (
        <Tooltip title={t('compose.dictate')}>
          <IconButton
            aria-label={t('compose.dictate')}
            aria-pressed={isDictating}
            onClick={() => setIsDictating(!isDictating)}
            sx={{ ...toolStyle, ...(isDictating && { color: 'error.main' }) }}
          >
            <MicIcon fontSize="small" />
          </IconButton>
        </Tooltip>
      )}
      {isDictating && (
        <Suspense>
          <Dictation before={text} onText={onText} onEnd={() => setIsDictating(false)} />
        </Suspense>
      )}
    </>
  );
}

const toolStyle = { width: 40, height: 40, color: 'text.secondary' } as const;
