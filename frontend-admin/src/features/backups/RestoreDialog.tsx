/** Restoring is a command: which, and what comes before and after it. */
import {
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogContentText,
  DialogTitle,
  Typography,
} from '@mui/material';
import { useId, useState } from 'react';
import { useTranslate } from 'react-admin';
import { copyText } from '@/shared/copyText';

export function RestoreDialog({ command, onClose }: { command: string; onClose: () => void }) {
  const translate = useTranslate();
  const id = useId();
  const [isCopied, setCopied] = useState(false);
  const copy = () => void copyText(command).then(setCopied);
  return (
    <Dialog aria-labelledby={id} fullWidth maxWidth="sm" onClose={onClose} open>
      <DialogTitle id={id}>{translate('maru.backups.restore_title')}</DialogTitle>
      <DialogContent>
        <DialogContentText>{translate('maru.backups.restore_why')}</DialogContentText>
        <Box component="ol" sx={{ pl: 2.5, '& li': { mb: 1 } }}>
          <li>{translate('maru.backups.restore_stop')}</li>
          <li>
            {translate('maru.backups.restore_run')}
            <Box
              component="code"
              data-testid="restore-command"
              sx={{
                display: 'block',
                mt: 1,
                p: 1.5,
                borderRadius: 1,
                bgcolor: 'action.hover',
                overflowWrap: 'anywhere',
                wordBreak: 'normal',
                fontSize: 13,
              }}
            >
              {command}
            </Box>
          </li>
          <li>{translate('maru.backups.restore_start')}</li>
        </Box>
        <Typography color="textSecondary" variant="body2">
          {translate('maru.backups.restore_aside')}
        </Typography>
      </DialogContent>
      <DialogActions>
        <Button onClick={copy}>{translate(isCopied ? 'maru.backups.copied' : 'maru.backups.copy')}</Button>
        <Button onClick={onClose} variant="contained">
          {translate('maru.backups.close')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
