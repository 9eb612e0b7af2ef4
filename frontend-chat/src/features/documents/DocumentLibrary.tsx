/** The folders, the place to drop files, and the documents of the chosen folder. */
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import Typography from '@mui/material/Typography';
import { useSnackbar } from 'notistack';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/errors';
import type { DocumentRow } from '@/shared/api/memory';
import { problemText } from '@/shared/i18n/problem';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { Loading } from '@/shared/ui/Loading';
import { DocumentItem } from './DocumentItem';
import { DropZone } from './DropZone';
import { useDocumentActs, useDocuments, useFolders, useUploads } from './useDocuments';

interface DocumentLibraryProps {
  isStaff: boolean;
  onTalk: (document: DocumentRow) => void;
}

export function DocumentLibrary({ isStaff, onTalk }: DocumentLibraryProps) {
  const { t } = useTranslation();
  const { enqueueSnackbar } = useSnackbar();
  const [folder, setFolder] = useState<number | null>(null);
  const [doomed, setDoomed] = useState<DocumentRow | null>(null);
  const [isFolderDoomed, setIsFolderDoomed] = useState(false);
  const { data: folders } = useFolders();
  const listed = useDocuments(folder === null ? '' : String(folder));
  const { data } = listed;
  const acts = useDocumentActs();
  const onProblem = useCallback(
    (name: string, error: unknown) => {
      const text = error instanceof ApiError ? problemText(t, error) : t('documents.uploadFailed');
      enqueueSnackbar(`${name}: ${text}`, { variant: 'error' });
    },
    [enqueueSnackbar, t],
  );
  const uploads = useUploads(folder, onProblem);
  const known = folders?.results ?? [];
  const chosen = known.find((each) => each.id === folder);
  const mayAdd = !chosen?.is_shared || isStaff;
  return (
    <>
      {known.length > 0 && (
        <Box role="group" aria-label={t('documents.folders')} sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: 2 }}>
          <Chip
            label={t('documents.all')}
            color={folder === null ? 'primary' : 'default'}
            onClick={() => setFolder(null)}
          />
          {known.map((each) => (
            <Chip
              key={each.id}
              label={`${each.name} · ${each.n_documents}`}
              color={folder === each.id ? 'primary' : 'default'}
              onClick={() => setFolder(each.id)}
              {...(folder === each.id && (!each.is_shared || isStaff) && { onDelete: () => setIsFolderDoomed(true) })}
            />
          ))}
        </Box>
      )}
      {mayAdd && <DropZone running={uploads.running} onFiles={(files) => void uploads.send(files)} />}
      <Box
        component="ul"
        aria-label={t('documents.title')}
        sx={{ listStyle: 'none', p: 0, mt: 3, display: 'grid', gap: 1 }}
      >
        {!data && (
          <li>
            <Loading of={listed} height={64} />
          </li>
        )}
        {data?.results.map((document) => (
          <DocumentItem
            key={document.id}
            document={document}
            folders={known}
            mayChange={!document.is_shared || isStaff}
            onTalk={() => onTalk(document)}
            onMove={(to) => acts.move.mutate({ id: document.id, to })}
            onReindex={() => acts.reindex.mutate(document.id)}
            onRemove={() => setDoomed(document)}
          />
        ))}
      </Box>
      {data?.results.length === 0 && <Typography sx={{ color: 'text.secondary' }}>{t('documents.none')}</Typography>}
      {isFolderDoomed && chosen && (
        <ConfirmDialog
          title={t('documents.deleteFolderTitle')}
          text={t('documents.deleteFolderText', { name: chosen.name, count: chosen.n_documents })}
          confirm={t('documents.delete')}
          onCancel={() => setIsFolderDoomed(false)}
          onConfirm={() => {
            acts.removeFolder.mutate(chosen.id, { onSuccess: () => setFolder(null) });
            setIsFolderDoomed(false);
          }}
        />
      )}
      {doomed && (
        <ConfirmDialog
          title={t('documents.deleteTitle')}
          text={t('documents.deleteText', { title: doomed.title })}
          confirm={t('documents.delete')}
          onCancel={() => setDoomed(null)}
          onConfirm={() => {
            acts.remove.mutate(doomed.id);
            setDoomed(null);
          }}
        />
      )}
    </>
  );
}
