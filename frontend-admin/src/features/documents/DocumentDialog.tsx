/** Another title for a document. */
import { TextField } from '@mui/material';
import { useState } from 'react';
import { useTranslate } from 'react-admin';
import { documents, type DocumentRow } from '@/shared/api/library';
import { FormDialog } from '@/shared/library/FormDialog';
import { useAct } from '@/shared/useAct';

interface DocumentDialogProps {
  document: DocumentRow;
  onChanged: () => void;
  onClose: () => void;
}

export function DocumentDialog({ document, onChanged, onClose }: DocumentDialogProps) {
  const translate = useTranslate();
  const [title, setTitle] = useState(document.title);
  const save = useAct(
    () => documents.change(document.id, { title }),
    () => {
      onChanged();
      onClose();
    },
  );
  return (
    <FormDialog
      isSaving={save.isPending}
      onClose={onClose}
      onSave={() => save.mutate(undefined)}
      title={document.title}
    >
      <TextField
        fullWidth
        helperText={translate('maru.library.documents.name_help')}
        label={translate('maru.library.documents.name')}
        onChange={(event) => setTitle(event.target.value)}
        required
        slotProps={{ htmlInput: { maxLength: 255 } }}
        value={title}
      />
    </FormDialog>
  );
}
