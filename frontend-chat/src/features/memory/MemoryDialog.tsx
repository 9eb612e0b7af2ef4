/** Writes a memory down, or puts one right. */
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import type { Memory } from '@/shared/api/memory';
import { problemText } from '@/shared/i18n/problem';
import { useMemoryActs } from './useMemories';

interface MemoryDialogProps {
  /** The one to change; `null` makes a new one. */
  memory: Memory | null;
  onClose: () => void;
}

export function MemoryDialog({ memory, onClose }: MemoryDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const { save } = useMemoryActs();
  const [text, setText] = useState(memory?.text ?? '');
  const problem = save.error instanceof ApiError ? problemText(t, save.error) : undefined;
  const submit = () => save.mutateAsync({ id: memory?.id ?? null, text }).then(onClose, () => undefined);
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="sm" fullWidth>
      <DialogTitle id={id}>{t(memory ? 'memory.edit' : 'memory.new')}</DialogTitle>
      <DialogContent>
        <TextField
          autoFocus
          fullWidth
          multiline
          minRows={3}
          sx={{ mt: 1 }}
          label={t('memory.text')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={problem !== undefined}
          helperText={problem ?? t('memory.help')}
          slotProps={{ htmlInput: { maxLength: 1000 } }}
        />
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button onClick={onClose} color="inherit">
          {t('app.cancel')}
        </Button>
        <Button variant="contained" disabled={!text.trim()} loading={save.isPending} onClick={submit}>
          {t('memory.save')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
