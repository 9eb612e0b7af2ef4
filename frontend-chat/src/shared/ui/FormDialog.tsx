/** A dialog that is a form: title, fields, cancel and save; the whole screen on a phone. */
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Stack from '@mui/material/Stack';
import useMediaQuery from '@mui/material/useMediaQuery';
import { type Theme } from '@mui/material/styles';
import { type FormEvent, type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';

interface FormDialogProps {
  title: string;
  /** The word on the button that saves. */
  submit: string;
  isSaving?: boolean;
  /** Nothing that could be saved is there yet. */
  isIncomplete?: boolean;
  onSubmit: (event: FormEvent) => unknown;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { title, submit, isSaving = false, isIncomplete = false, onSubmit, onClose, children } = props;
  const { t } = useTranslation();
  const heading = useId();
  const isPhone = useMediaQuery((theme: Theme) => theme.breakpoints.down('sm'));
  return (
    <Dialog open onClose={onClose} aria-labelledby={heading} fullScreen={isPhone} maxWidth="sm" fullWidth>
      <DialogTitle id={heading}>{title}</DialogTitle>
      <DialogContent>
        <Stack
          component="form"
          id={`${heading}-form`}
          spacing={2.5}
          noValidate
          sx={{ pt: 1 }}
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            onSubmit(event);
          }}
        >
          {children}
        </Stack>
      </DialogContent>
      <DialogActions sx={{ p: 2 }}>
        <Button onClick={onClose} color="inherit">
          {t('app.cancel')}
        </Button>
        <Button type="submit" form={`${heading}-form`} variant="contained" disabled={isIncomplete} loading={isSaving}>
          {submit}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
