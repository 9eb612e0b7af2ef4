/** The models and what is coming, asked again and again while the page is open: faster while something moves. */
import { useQuery } from '@tanstack/react-query';
import { modelFiles, models, type ModelFiles, type ModelList } from '@/shared/api/models';

const CALM_MS = 3000;
const BUSY_MS = 1000;

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

function areComing(files: ModelFiles | undefined): boolean {
  return files?.arriving.some((one) => one.state === 'coming' || one.state === 'checking') ?? false;
}

export function useModelFiles() {
  return useQuery({
    queryKey: ['model-files'],
    queryFn: modelFiles.list,
    refetchInterval: ({ state }) => (areComing(state.data) ? BUSY_MS : CALM_MS),
  });
}
