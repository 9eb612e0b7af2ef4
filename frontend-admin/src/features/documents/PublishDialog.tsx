/** A document for everybody: it goes into a folder of the house, an old one or a new one. A new document is chosen here, too. */
import { Box, MenuItem, TextField, Typography } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslate } from 'react-admin';
import { documents, FOLDERS, folders, type DocumentRow } from '@/shared/api/library';
import { FileButton } from '@/shared/FileButton';
import { FormDialog } from '@/shared/library/FormDialog';
import { useAct } from '@/shared/useAct';

interface PublishDialogProps {
  /** null: a file is to be chosen. */
  document: DocumentRow | null;
  onChanged: () => void;
  onClose: () => void;
}
const NEW = 'new';

export function PublishDialog({ document, onChanged, onClose }: PublishDialogProps) {
  const translate = useTranslate();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState('');
  const { data } = useQuery({ queryKey: FOLDERS, queryFn: folders.list });
  const shared = data?.results.filter((one) => one.is_shared) ?? [];
  const folder = chosen || String(shared[0]?.id ?? NEW);
  const say = (key: string, places = {}) => translate(`maru.library.documents.${key}`, places);
  const save = useAct(
    async () => {
      const collection = folder === NEW ? (await folders.add(name.trim())).id : Number(folder);
      return document ? documents.change(document.id, { collection }) : file && documents.add(file, collection);
    },
    () => {
      void client.invalidateQueries({ queryKey: FOLDERS });
      onChanged();
      onClose();
    },
  );
  return (
    <FormDialog
      isSaving={save.isPending || (!document && !file)}
      onClose={onClose}
      onSave={() => save.mutate(undefined)}
      title={document ? translate('maru.library.publish_of', { name: document.title }) : say('add')}
    >
      <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
        {say('publish_text')}
      </Typography>
      {document ? null : (
        <Box sx={{ mb: 1 }}>
          <FileButton onChosen={setFile} text={file ? file.name : say('choose_file')} />
        </Box>
      )}
      <TextField
        fullWidth
        label={say('folder')}
        onChange={(event) => setChosen(event.target.value)}
        select
        value={folder}
      >
        {shared.map((one) => (
          <MenuItem key={one.id} value={String(one.id)}>
            {one.name}
          </MenuItem>
        ))}
        <MenuItem value={NEW}>{say('new_folder')}</MenuItem>
      </TextField>
      {folder === NEW ? (
        <TextField
          fullWidth
          label={say('folder_name')}
          onChange={(event) => setName(event.target.value)}
          required
          slotProps={{ htmlInput: { maxLength: 120 } }}
          value={name}
        />
      ) : null}
    </FormDialog>
  );
}
