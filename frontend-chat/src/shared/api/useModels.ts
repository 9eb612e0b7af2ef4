/** The models one may choose from. One query for all who ask. */
import { useQuery } from '@tanstack/react-query';
import { llm } from './endpoints';

/** Whether the model that will answer looks at images; null: nobody knows, it is tried. */
export interface Sight {
  model: string;
  sees: boolean | null;
}

/** `model` "": the house's default. Undefined as long as there is nothing to be said. */
export function useSight(model: string): Sight | undefined {
  const card = useModels().data?.find(({ id, is_default }) => (model === '' ? is_default : id === model));
  return card && { model: card.id, sees: card.sees_images };
}

export function useModels() {
  return useQuery({ queryKey: ['llm', 'models'], queryFn: llm.models, staleTime: 60_000 });
}
