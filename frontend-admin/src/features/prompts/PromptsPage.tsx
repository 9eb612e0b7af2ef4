/** The prompt library: what is inserted by `/command`, one's own and the house's, with its earlier texts. */
import { Button } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslate } from 'react-admin';
import { PROMPTS, prompts, type Prompt } from '@/shared/api/library';
import { isIn, LibraryPage, type Scope } from '@/shared/library/LibraryPage';
import { LibraryRow } from '@/shared/library/LibraryRow';
import { useAct } from '@/shared/useAct';
import { PromptDialog } from './PromptDialog';

export function PromptsPage() {
  const translate = useTranslate();
  const [search, setSearch] = useState('');
  const [scope, setScope] = useState<Scope>('all');
  const [edited, setEdited] = useState<Prompt | 'new' | null>(null);
  const wanted = useDeferredValue(search.trim());
  const { data, error, isPending } = useQuery({ queryKey: [...PROMPTS, wanted], queryFn: () => prompts.list(wanted) });
  const rows = data?.filter((row) => isIn(scope, row));
  return (
    <LibraryPage
      action={
        <Button onClick={() => setEdited('new')} variant="contained">
          {translate('maru.library.prompts.add')}
        </Button>
      }
      error={error}
      isEmpty={rows?.length === 0}
      isPending={isPending}
      kind="prompts"
      onScope={setScope}
      onSearch={setSearch}
      scope={scope}
      search={search}
    >
      {rows?.map((prompt) => (
        <PromptLine key={prompt.id} onEdit={() => setEdited(prompt)} prompt={prompt} />
      ))}
      {edited ? <PromptDialog onClose={() => setEdited(null)} prompt={edited === 'new' ? null : edited} /> : null}
    </LibraryPage>
  );
}

function PromptLine({ prompt, onEdit }: { prompt: Prompt; onEdit: () => void }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const again = () => void client.invalidateQueries({ queryKey: PROMPTS });
  const share = useAct((is_shared: boolean) => prompts.change(prompt.id, { is_shared }), again);
  const remove = useAct(() => prompts.remove(prompt.id), again);
  return (
    <LibraryRow
      consequence={translate('maru.library.prompts.delete')}
      detail={`/${prompt.command} · ${translate('maru.library.prompts.version', { n: prompt.n_versions })}`}
      isBusy={share.isPending || remove.isPending}
      isShared={prompt.is_shared}
      name={prompt.title}
      onDelete={() => remove.mutate(undefined)}
      onEdit={onEdit}
      onShare={(isShared) => share.mutate(isShared)}
    />
  );
}
