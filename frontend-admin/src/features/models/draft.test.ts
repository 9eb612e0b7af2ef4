import { describe, expect, it } from 'vitest';
import type { ModelRow } from '@/shared/api/models';
import { changesOf, draftModelsFor, draftOf } from './draft';

const stored = { n_ctx: 8192, n_slots: null, kv_type: 'q8_0' as const, lora: [['poet', 0.5]], sampling: { top_k: 20 } };

const row = (id: string, part: Partial<ModelRow> = {}) =>
  ({ id, kind: 'chat', state: 'asleep', can_delete: true, n_params: 100, ...part }) as ModelRow;

describe('the settings form', () => {
  it('changes nothing when nothing was touched', () => {
    expect(changesOf(draftOf(stored), draftOf(stored))).toEqual({});
  });

  it('sends only what differs, and null for what is the house’s again', () => {
    const before = draftOf(stored);
    const after = { ...before, numbers: { ...before.numbers, n_ctx: '', n_slots: '2' } };
    expect(changesOf(before, after)).toEqual({ n_ctx: null, n_slots: 2 });
  });

  it('tells what is the house’s from what is chosen, and goes back to it', () => {
    const houses = draftOf({ ...stored, kv_type: null, flash_attention: null });
    expect([houses.kv_type, houses.flash_attention]).toEqual(['', '']);
    expect(changesOf(houses, { ...houses, kv_type: 'f16', flash_attention: 'auto' })).toEqual({
      kv_type: 'f16',
      flash_attention: 'auto',
    });
    const chosen = draftOf({ ...stored, flash_attention: 'on' });
    expect(changesOf(chosen, { ...chosen, kv_type: '', flash_attention: '' })).toEqual({
      kv_type: null,
      flash_attention: null,
    });
  });

  it('replaces sampling and adapters as one', () => {
    const before = draftOf(stored);
    const after = { ...before, sampling: { ...before.sampling, temperature: '0.3' }, lora: {} };
    expect(changesOf(before, after)).toEqual({ sampling: { temperature: 0.3, top_k: 20 }, lora: [] });
  });

  it('puts an adapter on as it is where its strength was cleared, not off', () => {
    const before = draftOf(stored);
    expect(changesOf(before, { ...before, lora: { poet: '' } })).toEqual({ lora: [['poet', 1]] });
    expect(changesOf(before, { ...before, lora: { poet: '0' } })).toEqual({ lora: [['poet', 0]] });
  });

  it('names the draft model when another is chosen, and blank for none again', () => {
    const before = draftOf({ ...stored, draft_model: 'small' });
    expect(changesOf(before, { ...before, draft_model: 'tiny' })).toEqual({ draft_model: 'tiny' });
    expect(changesOf(before, { ...before, draft_model: '' })).toEqual({ draft_model: '' });
  });

  it('offers chat models of the folder that are no larger, and not the model itself', () => {
    const all = [
      row('large', { n_params: 900 }),
      row('small'),
      row('vectors', { kind: 'embedding' }),
      row('broken', { state: 'unusable' }),
      row('elsewhere', { can_delete: false }),
    ];
    expect(all.map((one) => draftModelsFor(one, all))).toEqual([['small'], [], ['small'], ['small'], ['small']]);
  });
});
