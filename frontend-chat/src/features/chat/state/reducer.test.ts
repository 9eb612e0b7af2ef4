import { describe, expect, test } from 'vitest';
import { after, chunk, message, session, sessionState } from '@/test/rows';
import { reduce } from './reducer';
import { codePointLength, dropCodePoints } from './text';
import type { ChatState, Pending } from './types';

const streaming = message(2, 1, { content: '', status: 'streaming', finish_reason: null });
const begun = sessionState(2, [message(1, null), streaming], [{ message_id: 2, text: '', status: 'streaming' }]);
const live = (state: ChatState) => state.live.get(2);
const pending = (clientId: string): Pending => ({
  clientId,
  text: 'hi',
  editOf: null,
  parentId: null,
  attachments: [],
  web_search: false,
  tools: false,
  compare: null,
  failure: null,
});

test('it works: a reply grows by chunks and ends as the stored row', () => {
  const state = after(begun, chunk(2, 0, 'Hello '), chunk(2, 6, 'Maru'));
  expect(live(state)?.text).toBe('Hello Maru');
  const stored = message(2, 1, { content: 'Hello Maru!' });
  const ended = reduce(state, { type: 'frame', frame: { type: 'ai_complete', message: stored } });
  expect(live(ended)).toBeUndefined();
  expect(ended.messages.get(2)).toEqual(stored);
});

describe('the offset rule', () => {
  test('an offset inside the text trims the overlap', () => {
    const state = after(begun, chunk(2, 0, 'abcdef'), chunk(2, 3, 'defghi'));
    expect(live(state)).toMatchObject({ text: 'abcdefghi', length: 9 });
  });

  test('a chunk that is wholly known changes nothing, not even identity', () => {
    const state = after(begun, chunk(2, 0, 'abcdef'));
    expect(reduce(state, { type: 'frame', frame: chunk(2, 1, 'bcd') })).toBe(state);
  });

  test('offsets count code points, not UTF-16 units', () => {
    const state = after(begun, chunk(2, 0, '🏡🏡'), chunk(2, 2, '마루👩‍👩‍👧'), chunk(2, 3, '루👩‍👩‍👧 끝'));
    expect(live(state)?.text).toBe('🏡🏡마루👩‍👩‍👧 끝');
    expect(live(state)?.length).toBe([...'🏡🏡마루👩‍👩‍👧 끝'].length);
  });

  test('a gap appends nothing until the whole text has come', () => {
    const gap = after(begun, chunk(2, 0, 'abc'), chunk(2, 5, 'fgh'), chunk(2, 8, 'ijk'));
    expect(live(gap)).toMatchObject({ text: 'abc', hasGap: true });
    const healed = reduce(gap, {
      type: 'frame',
      frame: { type: 'ai_snapshot', message_id: 2, text: 'abcdefgh', status: 'streaming' },
    });
    expect(live(healed)).toMatchObject({ text: 'abcdefgh', length: 8, hasGap: false });
    expect(live(reduce(healed, { type: 'frame', frame: chunk(2, 6, 'ghijk') }))?.text).toBe('abcdefghijk');
  });

  test('a chunk that comes after the end is ignored, one that goes beyond it asks for the whole', () => {
    const state = after(sessionState(2, [message(1, null), message(2, 1, { content: 'done' })]));
    expect(reduce(state, { type: 'frame', frame: chunk(2, 0, 'done') })).toBe(state);
    expect(live(reduce(state, { type: 'frame', frame: chunk(2, 4, ' and more') }))?.hasGap).toBe(true);
  });

  test('a snapshot of a reply that has ended ends it here too', () => {
    const state = after(begun, { type: 'ai_snapshot', message_id: 2, text: 'all', status: 'stopped' });
    expect(live(state)).toBeUndefined();
    expect(state.messages.get(2)).toMatchObject({ content: 'all', status: 'stopped' });
  });

  test('random cuts of a text come together as that text', () => {
    const text = 'Ein 집 🏡 mit 마루 — 안녕하세요 👩‍👩‍👧!'.repeat(20);
    const points = [...text];
    let state = after(begun);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let shown = 0; shown < points.length;) {
      const from = Math.max(0, shown - random(9));
      const to = Math.min(points.length, shown + random(12));
      state = reduce(state, { type: 'frame', frame: chunk(2, from, points.slice(from, to).join('')) });
      shown = Math.max(shown, to);
    }
    expect(live(state)?.text).toBe(text);
  });
});

describe('a reconnect', () => {
  test('takes the live text of the server and keeps the pages loaded before', () => {
    const older = message(1, null);
    const state = after(sessionState(2, [older, streaming], [{ message_id: 2, text: 'ab', status: 'streaming' }]));
    const back = reduce(state, {
      type: 'frame',
      frame: sessionState(2, [streaming], [{ message_id: 2, text: 'abcd', status: 'streaming' }]),
    });
    expect(live(back)?.text).toBe('abcd');
    expect(back.messages.get(1)).toBe(older);
  });

  test('ends replies that ended meanwhile', () => {
    const state = after(
      begun,
      chunk(2, 0, 'ab'),
      sessionState(2, [message(1, null), message(2, 1, { content: 'abcd' })]),
    );
    expect(live(state)).toBeUndefined();
    expect(state.messages.get(2)?.content).toBe('abcd');
  });

  test('asks for the end of a reply that the last page does not show', () => {
    expect(live(after(begun, sessionState(1, [message(1, null)])))?.hasGap).toBe(true);
  });

  test('leaves unchanged rows the same objects', () => {
    const state = after(sessionState(1, [message(1, null)]));
    const back = reduce(state, { type: 'frame', frame: sessionState(1, [message(1, null)]) });
    expect(back.messages.get(1)).toBe(state.messages.get(1));
  });
});

describe('messages of our own', () => {
  const queued = reduce(after(sessionState(null, [])), { type: 'queued', pending: pending('c1') });

  test('the confirmation takes the place of the bubble and makes the reply the leaf', () => {
    const frame = { type: 'message_created', message: message(1, null), reply: streaming, client_id: 'c1' } as const;
    const state = reduce(queued, { type: 'frame', frame });
    expect(state.pending).toEqual([]);
    expect(state.session?.active_leaf).toBe(2);
    expect(live(state)).toMatchObject({ text: '', status: 'streaming' });
  });

  test('a session_state that has our row is the confirmation too', () => {
    const state = reduce(queued, { type: 'frame', frame: sessionState(1, [message(1, null, { client_id: 'c1' })]) });
    expect(state.pending).toEqual([]);
  });

  test('a refusal marks the message, other errors are a notice', () => {
    const refusal = {
      type: 'error',
      code: 'too_large',
      detail: 'Too long.',
      retryable: false,
      client_id: 'c1',
    } as const;
    expect(reduce(queued, { type: 'frame', frame: refusal }).pending[0]?.failure).toEqual({
      code: 'too_large',
      detail: 'Too long.',
    });
    const other = reduce(queued, { type: 'frame', frame: { ...refusal, client_id: null } });
    expect(other.notice).toMatchObject({ code: 'too_large' });
    expect(other.pending[0]?.failure).toBeNull();
  });
});

test('a new sibling is made known to its brothers', () => {
  const state = after(sessionState(2, [message(1, null), message(2, 1)]), {
    type: 'message_created',
    message: message(3, 1, { siblings: [2, 3], status: 'queued' }),
  });
  expect(state.messages.get(2)?.siblings).toEqual([2, 3]);
  expect(state.session?.active_leaf).toBe(3);
});

test('a failure keeps the text so far and tells why', () => {
  const state = after(begun, chunk(2, 0, 'half'), {
    type: 'ai_error',
    message_id: 2,
    code: 'engine_lost',
    detail: 'Gone.',
    retryable: true,
  });
  expect(state.messages.get(2)).toMatchObject({ content: 'half', status: 'failed', error_code: 'engine_lost' });
  expect(state.failures.get(2)).toEqual({ code: 'engine_lost', detail: 'Gone.' });
});

test('a reply whose engine died goes on where it was, and the failure is forgotten', () => {
  const lost = after(begun, chunk(2, 0, 'half'), {
    type: 'ai_error',
    message_id: 2,
    code: 'engine_lost',
    detail: 'Gone.',
    retryable: true,
  });
  const waiting = reduce(lost, {
    type: 'frame',
    frame: { type: 'ai_queued', message_id: 2, position: 1, eta_ms: null },
  });
  expect(waiting.failures.has(2)).toBe(false);
  expect(live(waiting)).toMatchObject({ text: 'half', position: 1 });
  expect(waiting.messages.get(2)).toMatchObject({ status: 'queued', error_code: null });
  expect(live(reduce(waiting, { type: 'frame', frame: chunk(2, 4, ' more') }))).toMatchObject({ text: 'half more' });
});

test('the place in the line is shown until the first word', () => {
  const waiting = after(begun, { type: 'ai_queued', message_id: 2, position: 3, eta_ms: 5200 });
  expect(live(waiting)).toMatchObject({ position: 3, eta_ms: 5200 });
  expect(live(reduce(waiting, { type: 'frame', frame: chunk(2, 0, 'a') }))).toMatchObject({
    position: null,
    eta_ms: null,
  });
});

test('a continued reply goes on from its stored text', () => {
  const stopped = message(2, 1, { content: 'half ', status: 'stopped' });
  const state = after(
    sessionState(2, [message(1, null), stopped]),
    { type: 'ai_start', message_id: 2, model: 'm' },
    chunk(2, 5, 'done'),
  );
  expect(live(state)?.text).toBe('half done');
});

test('the session follows its updates', () => {
  const state = after(begun, { type: 'session_updated', session: session({ title: 'Neu', active_leaf: 1 }) });
  expect(state.session).toMatchObject({ title: 'Neu', active_leaf: 1 });
});

test('code points are counted and dropped as the server counts them', () => {
  expect(codePointLength('a🏡마')).toBe(3);
  expect(codePointLength('\ud800a')).toBe(2);
  expect(dropCodePoints('a🏡마b', 2)).toBe('마b');
  expect(dropCodePoints('ab', 5)).toBe('');
});

test('a page that was read before an answer ended takes nothing of it back', () => {
  const stored = message(2, 1, { content: 'Hello Maru!' });
  const ended = reduce(after(begun), { type: 'frame', frame: { type: 'ai_complete', message: stored } });
  const late = reduce(ended, { type: 'page', messages: [message(1, null), { ...streaming, content: 'Hel' }] });
  expect(late.messages.get(2)).toEqual(stored);
});
