import { describe, expect, it } from 'vitest';
import { textsOf, valuesOf } from './KeyLimitFields';

describe('limits of a key', () => {
  it('shows no limit as an empty field and reads an empty field as none', () => {
    const limits = { messages_per_day: 5, tokens_per_day: 0, concurrent_turns: 0 };
    expect(textsOf(limits)).toEqual({ messages_per_day: '5', tokens_per_day: '', concurrent_turns: '' });
    expect(valuesOf(textsOf(limits))).toEqual(limits);
  });

  it('leaves what is no number to the server, which names the field', () => {
    expect(valuesOf({ ...textsOf(), concurrent_turns: ' two ' }).concurrent_turns).toBe('two');
  });
});
