/** Writes a memory down, or puts one right. */
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import type { Memory } from '@/shared/api/memory';
import { problemText } from '@/shared/i18n/problem';
import { FormDialog } from '@/shared/ui/FormDialog';
import { useMemoryActs } from './useMemories';

interface MemoryDialogProps {
  /** The one to change; `null` makes a new one. */
  memory: Memory | null;
  onClose: () => void;
}

export function MemoryDialog({ memory, onClose }: MemoryDialogProps) {
  const { t } = useTranslation();
  const { save } = useMemoryActs();
  const [text, setText] = useState(memory?.text ?? '');
  const problem = save.error instanceof ApiError ? problemText(t, save.error) : undefined;
  const submit = () => save.mutateAsync({ id: memory?.id ?? null, text }).then(onClose, () => undefined);
  return (
    <FormDialog
      title={t(memory ? 'memory.edit' : 'memory.new')}
      submit={t('memory.save')}
      isSaving={save.isPending}
      isIncomplete={!text.trim()}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        autoFocus
        fullWidth
        multiline
        minRows={3}
        label={t('memory.text')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        error={problem !== undefined}
        helperText={problem ?? t('memory.help')}
        slotProps={{ htmlInput: { maxLength: 1000 } }}
      />
    </FormDialog>
  );
}
