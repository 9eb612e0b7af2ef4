/** A document: how far it is, what went wrong, and what can be done to it. */
import { Alert, Button, Chip } from '@mui/material';
import { useTranslate } from 'react-admin';
import { documents, type DocumentRow } from '@/shared/api/library';
import { bytes } from '@/shared/format';
import { LibraryRow } from '@/shared/library/LibraryRow';
import { useAct } from '@/shared/useAct';

interface DocumentLineProps {
  document: DocumentRow;
  onChanged: () => void;
  onEdit: () => void;
  onPublish: () => void;
}

export function DocumentLine({ document, onChanged, onEdit, onPublish }: DocumentLineProps) {
  const translate = useTranslate();
  const takeBack = useAct(() => documents.change(document.id, { collection: null }), onChanged);
  const again = useAct(() => documents.reindex(document.id), onChanged);
  const remove = useAct(() => documents.remove(document.id), onChanged);
  const say = (key: string, places = {}) => translate(`maru.library.documents.${key}`, places);
  const parts = [
    document.kind.toUpperCase(),
    bytes(document.n_bytes),
    say('passages', { smart_count: document.n_chunks }),
  ];
  return (
    <>
      <LibraryRow
        consequence={say('delete')}
        detail={parts.join(' · ')}
        isBusy={takeBack.isPending || remove.isPending}
        isShared={document.is_shared}
        name={document.title}
        onDelete={() => remove.mutate(undefined)}
        onEdit={onEdit}
        onShare={(isShared) => (isShared ? onPublish() : takeBack.mutate(undefined))}
      >
        {document.status !== 'ready' ? (
          <Chip
            color={document.status === 'failed' ? 'error' : 'info'}
            label={say(`status.${document.status}`, { percent: Math.round(document.progress * 100) })}
            size="small"
            variant="outlined"
          />
        ) : null}
      </LibraryRow>
      {document.error ? (
        <Alert
          action={
            <Button color="inherit" disabled={again.isPending} onClick={() => again.mutate(undefined)} size="small">
              {say('again')}
            </Button>
          }
          severity="warning"
        >
          {document.error}
        </Alert>
      ) : null}
    </>
  );
}
