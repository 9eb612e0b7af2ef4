/** Personas as rows; every change refreshes the list. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type PersonaInput, personas } from '@/shared/api/library';
import type { Persona } from '@/shared/api/types';

const LIST = ['personas'] as const;

export function usePersonas(enabled = true) {
  return useQuery({ queryKey: LIST, queryFn: personas.list, enabled });
}

/** The model that a persona brings, "" without one, or where it is not this user's to talk with; undefined as long as it is not known. */
export function usePersonaModel(id: number | null | undefined): string | undefined {
  const isAsked = typeof id === 'number';
  const { data } = usePersonas(isAsked);
  if (!isAsked) return id === null ? '' : undefined;
  return data && (data.find((each) => each.id === id)?.model ?? '');
}

export function useSavePersona(persona: Persona | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: PersonaInput) => (persona ? personas.update(persona.id, body) : personas.create(body)),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST }),
  });
}

export function useDeletePersona() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => personas.remove(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST }),
  });
}

export function useImportCard() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: File) => personas.importCard(parsed(await file.text())),
    onSuccess: () => queries.invalidateQueries({ queryKey: LIST }),
  });
}

/** What is no JSON goes to the server as text: its answer says what is wrong. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 100);
  }
}

/** The persona as a file. */
export async function downloadCard(persona: Persona): Promise<void> {
  const card = await personas.card(persona.id);
  const url = URL.createObjectURL(new Blob([JSON.stringify(card, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${persona.name}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
