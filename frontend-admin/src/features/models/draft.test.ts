import { describe, expect, it } from 'vitest';
import { changesOf, draftOf } from './draft';

const stored = { n_ctx: 8192, n_slots: null, kv_type: 'q8_0' as const, lora: [['poet', 0.5]], sampling: { top_k: 20 } };

describe('the settings form', () => {
  it('changes nothing when nothing was touched', () => {
    expect(changesOf(draftOf(stored), draftOf(stored))).toEqual({});
  });

  it('sends only what differs, and null for what is the house’s again', () => {
    const before = draftOf(stored);
    const after = { ...before, numbers: { ...before.numbers, n_ctx: '', n_slots: '2' } };
    expect(changesOf(before, after)).toEqual({ n_ctx: null, n_slots: 2 });
  });

  it('replaces sampling and adapters as one', () => {
    const before = draftOf(stored);
    const after = { ...before, sampling: { ...before.sampling, temperature: '0.3' }, lora: {} };
    expect(changesOf(before, after)).toEqual({ sampling: { temperature: 0.3, top_k: 20 }, lora: [] });
  });
});
