/** Asks before a session is removed for good. */
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogContentText from '@mui/material/DialogContentText';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';

interface DeleteDialogProps {
  session: Session | null;
  onCancel: () => void;
  onConfirm: (session: Session) => void;
}

export function DeleteDialog({ session, onCancel, onConfirm }: DeleteDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  if (!session) return null;
  return (
    <Dialog open onClose={onCancel} aria-labelledby={id} maxWidth="xs" fullWidth>
      <DialogTitle id={id}>{t('sessions.deleteTitle')}</DialogTitle>
      <DialogContent>
        <DialogContentText sx={{ overflowWrap: 'anywhere' }}>
          {t('sessions.deleteText', { title: session.title || t('sessions.untitled') })}
        </DialogContentText>
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button onClick={onCancel} color="inherit">
          {t('app.cancel')}
        </Button>
        <Button onClick={() => onConfirm(session)} color="error" variant="contained" autoFocus>
          {t('sessions.delete')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
