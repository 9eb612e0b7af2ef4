/** The models one may choose from. One query for all who ask. */
import { useQuery } from '@tanstack/react-query';
import { llm } from './endpoints';
import type { ModelCard } from './types';

/** Whether the model that will answer looks at images; null: nobody knows, it is tried. */
export interface Sight {
  model: string;
  sees: boolean | null;
}

/** `model` "": the house's default; undefined: not known yet. Undefined as long as there is nothing to be said. */
export function useSight(model: string | undefined): Sight | undefined {
  const { data } = useModels();
  const card = model === undefined ? undefined : cardOf(model, data ?? []);
  return card && { model: card.id, sees: card.sees_images };
}

/** Of the model that is asked for, "" being the default; `model@engine` pins an engine. The server's rule (llm/types.py). */
export function cardOf(model: string, cards: readonly ModelCard[]): ModelCard | undefined {
  const names = new Set([model, model.slice(0, Math.max(0, model.lastIndexOf('@')))]);
  return cards.find(({ id, is_default }) => (model === '' ? is_default : names.has(id)));
}

export function useModels() {
  return useQuery({ queryKey: ['llm', 'models'], queryFn: llm.models, staleTime: 60_000 });
}
