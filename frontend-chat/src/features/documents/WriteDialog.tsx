/** Pastes a text as a document, or names a new folder. */
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { useDocumentActs } from './useDocuments';

interface WriteDialogProps {
  what: 'text' | 'folder';
  isStaff: boolean;
  onClose: () => void;
}

export function WriteDialog({ what, isStaff, onClose }: WriteDialogProps) {
  const { t } = useTranslation();
  const id = useId();
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
    <Dialog open onClose={onClose} aria-labelledby={id} maxWidth="sm" fullWidth>
      <DialogTitle id={id}>{t(isText ? 'documents.paste' : 'documents.newFolder')}</DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        <TextField
          autoFocus
          sx={{ mt: 1 }}
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
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button onClick={onClose} color="inherit">
          {t('app.cancel')}
        </Button>
        <Button
          variant="contained"
          disabled={isText ? !text.trim() : !name.trim()}
          loading={paste.isPending || addFolder.isPending}
          onClick={save}
        >
          {t('memory.save')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
