/** What the line tells of files that are coming, put into what the server was asked. */
import type { ModelFiles } from '@/shared/api/models';
import type { ModelPulls } from '@/shared/socket/live';

/** Null when one came, went or changed its state: then there is more to know than figures, and the server is to be asked. */
export function withPulls(files: ModelFiles, pulls: ModelPulls['pulls']): ModelFiles | null {
  const told = new Map(pulls.map((one) => [one.id, one]));
  const isSame = files.arriving.every(({ id, state }) => told.get(id)?.state === state);
  if (!isSame || told.size !== files.arriving.length) return null;
  const arriving = files.arriving.map((one) => ({ ...one, ...told.get(one.id) }));
  return { ...files, arriving };
}
