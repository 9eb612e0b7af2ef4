/** The user's message as a field; sending makes a new version beside the old one. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import InputBase from '@mui/material/InputBase';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isComposing } from '@/shared/ui/composition';

interface EditBoxProps {
  text: string;
  onSend: (text: string) => void;
  onCancel: () => void;
}

export function EditBox({ text, onSend, onCancel }: EditBoxProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(text);
  const send = () => draft.trim() !== '' && onSend(draft);
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Escape') onCancel();
    if (event.key === 'Enter' && !event.shiftKey) {
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
        maxRows={14}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        inputProps={{ 'aria-label': t('chat.editLabel') }}
        sx={{ px: 1, lineHeight: 1.65 }}
      />
      <Box sx={{ display: 'flex', justifyContent: 'flex-end', gap: 1, mt: 1 }}>
        <Button size="small" color="inherit" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button size="small" variant="contained" disabled={draft.trim() === ''} onClick={send}>
          {t('chat.editSend')}
        </Button>
      </Box>
    </Box>
  );
}
