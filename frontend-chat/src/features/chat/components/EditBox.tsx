/** A message as a field; what is sent or saved is a new version beside the old one. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import InputBase from '@mui/material/InputBase';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionKept } from '@/shared/storage';
import { isComposing } from '@/shared/ui/composition';

interface EditBoxProps {
  /** What is written stays under this name until it is sent or given up, also when the box goes: in this tab. */
  keptAs: string;
  text: string;
  label: string;
  sendLabel: string;
  /** Of an answer Enter breaks the line; it is saved by the button or with Ctrl+Enter. */
  isLong?: boolean;
  onSend: (text: string) => void;
  onCancel: () => void;
}

export function EditBox({ keptAs, text, label, sendLabel, isLong = false, onSend, onCancel }: EditBoxProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => sessionKept.getItem(keptAs) ?? text);
  const write = (next: string) => {
    setDraft(next);
    if (next === text) sessionKept.removeItem(keptAs);
    else sessionKept.setItem(keptAs, next);
  };
  const send = () => {
    if (draft.trim() === '') return;
    sessionKept.removeItem(keptAs);
    onSend(draft);
  };
  const cancel = () => {
    sessionKept.removeItem(keptAs);
    onCancel();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Escape') cancel();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || (!event.shiftKey && !isLong))) {
      event.preventDefault();
      send();
    }
  };
  return (
    <Box sx={{ border: 1, borderColor: 'divider', bgcolor: 'background.paper', borderRadius: '16px', p: 1.5, my: 1 }}>
      <InputBase
        multiline
        fullWidth
        autoFocus
        maxRows={isLong ? 30 : 14}
        value={draft}
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
        inputProps={{ 'aria-label': label }}
        sx={{ px: 1, lineHeight: 1.65 }}
      />
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'flex-end', gap: 1, mt: 1 }}>
        <Box component="span" sx={{ flex: 1, px: 1, fontSize: '0.8rem', color: 'text.secondary' }}>
          {t('chat.editHint')}
        </Box>
        <Button size="small" color="inherit" onClick={cancel}>
          {t('app.cancel')}
        </Button>
        <Button size="small" variant="contained" disabled={draft.trim() === ''} onClick={send}>
          {sendLabel}
        </Button>
      </Box>
    </Box>
  );
}
