/** Personas: who answers. One's own and the house's; the model that a persona prefers may be one with a LoRA adapter. */
import { Button, Chip } from '@mui/material';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslate } from 'react-admin';
import { PERSONAS, personas, type Persona } from '@/shared/api/library';
import { isIn, LibraryPage, type Scope } from '@/shared/library/LibraryPage';
import { LibraryRow } from '@/shared/library/LibraryRow';
import { useAct } from '@/shared/useAct';
import { PersonaDialog } from './PersonaDialog';
import { useChatModels } from './useChatModels';

export function PersonasPage() {
  const translate = useTranslate();
  const [search, setSearch] = useState('');
  const [scope, setScope] = useState<Scope>('all');
  const [edited, setEdited] = useState<Persona | 'new' | null>(null);
  const wanted = useDeferredValue(search.trim());
  const { data, error, isPending } = useQuery({
    queryKey: [...PERSONAS, wanted],
    queryFn: () => personas.list(wanted),
  });
  const rows = data?.filter((row) => isIn(scope, row));
  return (
    <LibraryPage
      action={
        <Button onClick={() => setEdited('new')} variant="contained">
          {translate('maru.library.personas.add')}
        </Button>
      }
      error={error}
      isEmpty={rows?.length === 0}
      isPending={isPending}
      kind="personas"
      onScope={setScope}
      onSearch={setSearch}
      scope={scope}
      search={search}
    >
      {rows?.map((persona) => (
        <PersonaLine key={persona.id} onEdit={() => setEdited(persona)} persona={persona} />
      ))}
      {edited ? <PersonaDialog onClose={() => setEdited(null)} persona={edited === 'new' ? null : edited} /> : null}
    </LibraryPage>
  );
}

function PersonaLine({ persona, onEdit }: { persona: Persona; onEdit: () => void }) {
  const translate = useTranslate();
  const client = useQueryClient();
  const again = () => void client.invalidateQueries({ queryKey: PERSONAS });
  const share = useAct((is_shared: boolean) => personas.change(persona.id, { is_shared }), again);
  const remove = useAct(() => personas.remove(persona.id), again);
  return (
    <LibraryRow
      consequence={translate('maru.library.personas.delete')}
      detail={persona.description || translate('maru.library.personas.no_description')}
      isBusy={share.isPending || remove.isPending}
      isShared={persona.is_shared}
      mark={persona.avatar}
      name={persona.name}
      onDelete={() => remove.mutate(undefined)}
      onEdit={onEdit}
      onShare={(isShared) => share.mutate(isShared)}
    >
      {persona.is_builtin ? (
        <Chip label={translate('maru.library.personas.builtin')} size="small" variant="outlined" />
      ) : null}
      <ModelChip name={persona.model} />
    </LibraryRow>
  );
}

/** Which model it prefers; a warning where this house has none of that name. */
function ModelChip({ name }: { name: string }) {
  const translate = useTranslate();
  const { models, label } = useChatModels();
  if (name === '') return null;
  const isThere = models === undefined || models.some((one) => one.id === name);
  return (
    <Chip
      color={isThere ? 'default' : 'warning'}
      label={isThere ? label(name) : translate('maru.library.personas.model_gone', { name })}
      size="small"
      variant="outlined"
    />
  );
}
