/** Which documents and folders the answers of one conversation may be made from. */
import Autocomplete from '@mui/material/Autocomplete';
import TextField from '@mui/material/TextField';
import { useQueries } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { documentQuery, isMissing } from '@/shared/api/documentQuery';
import type { SessionConfig } from '@/shared/api/types';
import { useDocuments, useFolders } from './useDocuments';

interface Choice {
  kind: 'folder' | 'document';
  id: number;
  label: string;
}

interface SessionDocumentsProps {
  config: SessionConfig;
  onChange: (patch: { document_ids?: number[]; collection_ids?: number[] }) => void;
}

export default function SessionDocuments({ config, onChange }: SessionDocumentsProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  const { data: folders } = useFolders();
  const { data: found } = useDocuments('', useDeferredValue(words));
  const chosen = useQueries({ queries: config.document_ids.map(documentQuery) });
  const named = folders?.results ?? [];
  const folder = (id: number): Choice => ({
    kind: 'folder',
    id,
    label: named.find((each) => each.id === id)?.name ?? (folders ? t('documents.gone') : '…'),
  });
  const value: Choice[] = [
    ...config.collection_ids.map(folder),
    ...config.document_ids.map((id, n): Choice => ({
      kind: 'document',
      id,
      label: chosen[n]?.data?.title ?? (isMissing(chosen[n]?.error) ? t('documents.gone') : '…'),
    })),
  ];
  const options: Choice[] = [
    ...named.map(({ id }) => folder(id)),
    ...(found?.results ?? [])
      .filter(({ status }) => status !== 'failed')
      .map(({ id, title }): Choice => ({ kind: 'document', id, label: title })),
  ];
  // What was deleted meanwhile: the server takes no choice that names it.
  const isGone = ({ kind, id }: Choice) =>
    kind === 'folder'
      ? folders !== undefined && !named.some((each) => each.id === id)
      : isMissing(chosen[config.document_ids.indexOf(id)]?.error);
  const save = (next: readonly Choice[]) => {
    const ids = (kind: Choice['kind']) =>
      next.filter((each) => each.kind === kind && !isGone(each)).map(({ id }) => id);
    onChange({ document_ids: ids('document'), collection_ids: ids('folder') });
  };
  return (
    <Autocomplete
      multiple
      size="small"
      disableCloseOnSelect
      value={value}
      options={options}
      groupBy={({ kind }) => t(kind === 'folder' ? 'documents.folders' : 'documents.title')}
      getOptionKey={({ kind, id }) => kind + id}
      isOptionEqualToValue={(one, other) => one.kind === other.kind && one.id === other.id}
      onChange={(_, next) => save(next)}
      onInputChange={(_, next) => setWords(next)}
      noOptionsText={t('documents.none')}
      openText={t('documents.choices')}
      closeText={t('app.close')}
      clearText={t('documents.useNone')}
      renderInput={(parameters) => (
        <TextField {...parameters} label={t('documents.title')} helperText={t('documents.sessionHelp')} />
      )}
    />
  );
}
