/** Asks why, before something that its owner will see, or that cannot be taken back. */
import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle, TextField } from '@mui/material';
import { type FormEvent, useId, useState } from 'react';
import { useTranslate } from 'react-admin';

interface ReasonDialogProps {
  title: string;
  text: string;
  isDangerous?: boolean;
  onGiven: (reason: string) => void;
  onClose: () => void;
}

const LEAST = 5;

export function ReasonDialog({ title, text, isDangerous = false, onGiven, onClose }: ReasonDialogProps) {
  const translate = useTranslate();
  const id = useId();
  const [reason, setReason] = useState('');
  const give = (event: FormEvent) => {
    event.preventDefault();
    onGiven(reason.trim());
  };
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="xs" onClose={onClose} open>
      <form onSubmit={give}>
        <DialogTitle id={id}>{title}</DialogTitle>
        <DialogContent>
          <DialogContentText sx={{ mb: 2 }}>{text}</DialogContentText>
          <TextField
            fullWidth
            label={translate('maru.glass.reason')}
            multiline
            onChange={(event) => setReason(event.target.value)}
            required
            slotProps={{ htmlInput: { maxLength: 500 } }}
            value={reason}
          />
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{translate('ra.action.cancel')}</Button>
          <Button
            color={isDangerous ? 'error' : 'primary'}
            disabled={reason.trim().length < LEAST}
            type="submit"
            variant="contained"
          >
            {title}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
