/** A word on why an answer was good or bad. Closing without one is an answer, too. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Popover from '@mui/material/Popover';
import TextField from '@mui/material/TextField';
import { useSnackbar } from 'notistack';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Feedback, Message } from '@/shared/api/types';
import { useRate } from '../components/useActs';
import type { ChatController } from '../state/controller';

const MAX_CHARS = 2000;

interface NotePopoverProps {
  chat: ChatController;
  message: Message;
  /** What was just said, which the row may not know yet. */
  value: Feedback;
  anchor: HTMLElement;
  onClose: () => void;
}

export default function NotePopover({ chat, message, value, anchor, onClose }: NotePopoverProps) {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const [note, setNote] = useState(message.feedback_note);
  const rate = useRate(chat);
  const save = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    rate(message.id, value, note.trim(), () => enqueueSnackbar(t('answer.noteSaved'), { variant: 'success' }));
  };
  return (
    <Popover
      open
      anchorEl={anchor}
      onClose={onClose}
      anchorOrigin={{ vertical: 'bottom', horizontal: 'left' }}
      slotProps={{
        paper: { role: 'dialog', 'aria-label': t('answer.noteLabel'), sx: { width: 340, maxWidth: '94vw' } },
      }}
    >
      <Box component="form" onSubmit={save} sx={{ p: 2 }}>
        <TextField
          autoFocus
          multiline
          fullWidth
          minRows={2}
          maxRows={8}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          placeholder={t(value === 1 ? 'answer.notePlaceholderGood' : 'answer.notePlaceholder')}
          slotProps={{ htmlInput: { 'aria-label': t('answer.noteLabel'), maxLength: MAX_CHARS } }}
        />
        <Box sx={{ display: 'flex', justifyContent: 'flex-end', gap: 1, mt: 1.5 }}>
          <Button size="small" color="inherit" onClick={onClose}>
            {t('answer.noteLater')}
          </Button>
          <Button size="small" type="submit" variant="contained" disabled={note.trim() === message.feedback_note}>
            {t('app.save')}
          </Button>
        </Box>
      </Box>
    </Popover>
  );
}
