/** Into which folder: one there is, a new one, or none. */
import Autocomplete from '@mui/material/Autocomplete';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFolders } from './useSessions';

interface FolderDialogProps {
  folder: string;
  onCancel: () => void;
  onChoose: (folder: string) => void;
}

export function FolderDialog({ folder, onCancel, onChoose }: FolderDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const { data: folders } = useFolders();
  const [name, setName] = useState(folder);
  return (
    <Dialog open onClose={onCancel} aria-labelledby={id} maxWidth="xs" fullWidth>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onChoose(name.trim());
        }}
      >
        <DialogTitle id={id}>{t('organise.move')}</DialogTitle>
        <DialogContent>
          <Autocomplete
            freeSolo
            options={(folders ?? []).map((one) => one.name)}
            inputValue={name}
            onInputChange={(_event, next) => setName(next.slice(0, 80))}
            renderInput={(params) => (
              <TextField
                {...params}
                autoFocus
                margin="dense"
                label={t('organise.folder')}
                helperText={t('organise.folderHelp')}
              />
            )}
          />
        </DialogContent>
        <DialogActions sx={{ p: 2 }}>
          <Button color="inherit" onClick={onCancel}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" variant="contained">
            {t('organise.moveDo')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
