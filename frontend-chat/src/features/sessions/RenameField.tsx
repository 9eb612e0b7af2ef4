/** The title as a field. Enter or leaving it saves, Escape gives up; Enter inside a Hangul composition only ends the syllable. */
import InputBase from '@mui/material/InputBase';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isComposing } from '@/shared/ui/composition';

export function RenameField({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(title);
  const isDone = useRef(false);
  const finish = (next: string | null) => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Enter') finish(text.trim());
    if (event.key === 'Escape') finish(null);
  };
  return (
    <InputBase
      value={text}
      autoFocus
      fullWidth
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => finish(text.trim())}
      onFocus={(event) => event.target.select()}
      inputProps={{ 'aria-label': t('sessions.renameLabel'), maxLength: 200 }}
      sx={{
        px: 1.5,
        minHeight: 40,
        fontSize: '0.9rem',
        borderRadius: '10px',
        outline: 2,
        outlineColor: 'primary.main',
        outlineStyle: 'solid',
      }}
    />
  );
}
