import { describe, expect, it } from 'vitest';
import type { ModelFiles } from '@/shared/api/models';
import { withPulls } from './pulls';

const row = { id: 'a', name: 'talks', origin: 'hub', state: 'coming', size_bytes: 10, received_bytes: 1, detail: 'x' };
const files = { arriving: [row], loose: [] } as unknown as ModelFiles;

describe('what the line tells of pulls', () => {
  it('moves the figures and keeps the rest', () => {
    const next = withPulls(files, [{ id: 'a', state: 'coming', size_bytes: 10, received_bytes: 7 }]);
    expect(next?.arriving).toEqual([{ ...row, received_bytes: 7 }]);
  });

  it('asks the server when one came, went or changed its state', () => {
    const other = { id: 'b', state: 'coming', size_bytes: 0, received_bytes: 0 } as const;
    expect(withPulls(files, [])).toBeNull();
    expect(withPulls(files, [{ ...row, state: 'failed' } as never])).toBeNull();
    expect(withPulls(files, [row as never, other])).toBeNull();
  });
});
