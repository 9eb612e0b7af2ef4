/** All personas one may talk with, their editor, and the question before one is deleted. */
import Box from '@mui/material/Box';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Persona } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { Loading } from '@/shared/ui/Loading';
import { fieldsOf, NEW_PERSONA, type PersonaFields } from './form';
import { PersonaCard } from './PersonaCard';
import { PersonaMenu, type PersonaTarget } from './PersonaMenu';
import { downloadCard, useDeletePersona, usePersonas } from './usePersonas';

const PersonaEditor = lazy(() => import('./PersonaEditor'));

interface PersonaGalleryProps {
  isStaff: boolean;
  /** A new one is being made. */
  isMaking: boolean;
  onMade: () => void;
  onTalk: (persona: Persona) => Promise<unknown>;
}

interface Draft {
  persona: Persona | null;
  initial: PersonaFields;
}

export function PersonaGallery({ isStaff, isMaking, onMade, onTalk }: PersonaGalleryProps) {
  const { t } = useTranslation();
  const listed = usePersonas();
  const { data: personas } = listed;
  const { mutate: remove } = useDeletePersona();
  const [target, setTarget] = useState<PersonaTarget | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [doomed, setDoomed] = useState<Persona | null>(null);
  const [starting, setStarting] = useState<number | null>(null);
  const fail = useProblemToast();
  const talk = (persona: Persona) => {
    setStarting(persona.id);
    onTalk(persona)
      .catch(fail)
      .finally(() => setStarting(null));
  };
  const open = draft ?? (isMaking ? { persona: null, initial: NEW_PERSONA } : null);
  if (!personas) return <Loading of={listed} height={220} />;
  return (
    <>
      <Box component="ul" sx={gridStyle}>
        {personas.map((persona) => (
          <PersonaCard
            key={persona.id}
            persona={persona}
            isStarting={starting === persona.id}
            onTalk={talk}
            onMenu={(chosen, anchor) => setTarget({ persona: chosen, anchor })}
          />
        ))}
      </Box>
      <PersonaMenu
        target={target}
        isStaff={isStaff}
        onClose={() => setTarget(null)}
        onEdit={(persona) => setDraft({ persona, initial: fieldsOf(persona) })}
        onCopy={(persona) => setDraft({ persona: null, initial: { ...fieldsOf(persona), isShared: false } })}
        onExport={(persona) => downloadCard(persona).catch(fail)}
        onDelete={setDoomed}
      />
      {open && (
        <Suspense>
          <PersonaEditor
            {...open}
            isStaff={isStaff}
            onClose={() => {
              setDraft(null);
              onMade();
            }}
          />
        </Suspense>
      )}
      {doomed && (
        <ConfirmDialog
          title={t('personas.deleteTitle')}
          text={t('personas.deleteText', { name: doomed.name })}
          confirm={t('personas.delete')}
          onCancel={() => setDoomed(null)}
          onConfirm={() => {
            remove(doomed.id, { onError: fail });
            setDoomed(null);
          }}
        />
      )}
    </>
  );
}

const gridStyle = {
  display: 'grid',
  gap: 2,
  gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 260px), 1fr))',
  listStyle: 'none',
  p: 0,
  m: 0,
} as const;
