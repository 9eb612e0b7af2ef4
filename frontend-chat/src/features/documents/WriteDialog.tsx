/** Pastes a text as a document, or names a new folder. */
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { FormDialog } from '@/shared/ui/FormDialog';
import { useDocumentActs } from './useDocuments';

interface WriteDialogProps {
  what: 'text' | 'folder';
  isStaff: boolean;
  onClose: () => void;
}

export function WriteDialog({ what, isStaff, onClose }: WriteDialogProps) {
  const { t } = useTranslation();
  const { paste, addFolder } = useDocumentActs();
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [isShared, setIsShared] = useState(false);
  const isText = what === 'text';
  const error = isText ? paste.error : addFolder.error;
  const save = () =>
    isText
      ? paste.mutateAsync({ text, title: name, collection: null }).then(onClose, () => undefined)
      : addFolder.mutateAsync({ name, isShared }).then(onClose, () => undefined);
  return (
    <FormDialog
      title={t(isText ? 'documents.paste' : 'documents.newFolder')}
      submit={t('memory.save')}
      isSaving={paste.isPending || addFolder.isPending}
      isIncomplete={!(isText ? text : name).trim()}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        autoFocus
        label={t('documents.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={error !== null}
        helperText={error instanceof ApiError ? problemText(t, error) : undefined}
      />
      {isText && (
        <TextField
          multiline
          minRows={8}
          maxRows={18}
          label={t('documents.text')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {!isText && isStaff && (
        <FormControlLabel
          control={<Switch checked={isShared} onChange={(_, on) => setIsShared(on)} />}
          label={t('documents.share')}
        />
      )}
    </FormDialog>
  );
}
