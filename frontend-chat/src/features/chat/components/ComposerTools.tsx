/** At the left edge of the box: files, and dictation where the browser has it. Limits are told before a file is chosen. */
import AddIcon from '@mui/icons-material/AttachFileRounded';
import MicIcon from '@mui/icons-material/MicNoneRounded';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { visuallyHidden } from '@/shared/ui/visuallyHidden';
import { hasDictation } from '../composer/dictation';
import { limitsQuery } from '../composer/files';

const Dictation = lazy(() => import('../composer/Dictation'));

interface ComposerToolsProps {
  text: string;
  onText: (text: string) => void;
  onFiles: (files: readonly File[]) => void;
}

const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);

export function ComposerTools({ text, onText, onFiles }: ComposerToolsProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [wantsLimits, setWantsLimits] = useState(false);
  const [isDictating, setIsDictating] = useState(false);
  const { data: limits } = useQuery({ ...limitsQuery, enabled: wantsLimits });
  const told = limits
    ? t('compose.limits', { image: mib(limits.images.max_bytes), document: mib(limits.documents.max_bytes) })
    : '';
  const label = t('compose.addFiles');
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
        accept={ACCEPTED}
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

// The chooser's first offer; what is really taken is the server's to say.
const ACCEPTED =
  'image/png,image/jpeg,image/webp,image/gif,.pdf,.docx,.pptx,.xlsx,.hwpx,.csv,.tsv,.html,.htm,.md,.markdown,.txt';
const toolStyle = { width: 40, height: 40, color: 'text.secondary' } as const;
