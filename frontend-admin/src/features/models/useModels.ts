/**
 * The models, asked again and again while the page is open: faster while something moves. What is coming is told by the server
 * as it changes; it is asked for too, now and then, in case the line is cut.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { modelFiles, models, type ModelFiles, type ModelList } from '@/shared/api/models';
import { watchFigures } from '@/shared/socket/live';
import { withPulls } from './pulls';

const CALM_MS = 3000;
const BUSY_MS = 1000;
const UNTOLD_MS = 15_000;
const FILES = ['model-files'];

function isMoving(list: ModelList | undefined): boolean {
  return list?.models.some((model) => model.state === 'loading' || model.n_users > 0) ?? false;
}

export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: models.list,
    refetchInterval: ({ state }) => (isMoving(state.data) ? BUSY_MS : CALM_MS),
  });
}

/** For administrators: others are told nothing. */
export function useModelFiles() {
  const queries = useQueryClient();
  useEffect(
    () =>
      watchFigures({
        onPulls: ({ pulls }) => {
          const now = queries.getQueryData<ModelFiles>(FILES);
          const next = now && withPulls(now, pulls);
          if (next) queries.setQueryData(FILES, next);
          else queries.invalidateQueries({ queryKey: FILES }).catch(() => undefined);
        },
      }),
    [queries],
  );
  return useQuery({ queryKey: FILES, queryFn: modelFiles.list, refetchInterval: UNTOLD_MS });
}
