/** The golden frames of the back end are the contract: it writes them, both sides read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ClientFrame, frames } from './frames';
import { parseServerFrame, serverFrames } from './serverFrames';

const FOLDER = join(import.meta.dirname, '../../../../backend/chat/tests/protocol');
// Spoken by the administration alone, whose tests read these.
const OF_STAFF = new Set(['client.watch_stats.json', 'server.stats.json', 'server.model_pulls.json']);
const golden = (prefix: string) =>
  readdirSync(FOLDER)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json') && !OF_STAFF.has(name))
    .map((name) => ({
      type: name.slice(prefix.length, -'.json'.length),
      text: readFileSync(join(FOLDER, name), 'utf8'),
    }));

describe('server frames', () => {
  test('there are some', () => expect(golden('server.').length).toBeGreaterThan(10));

  test.each(golden('server.'))('$type is understood, and nothing of it is lost', ({ text }) => {
    const parsed = serverFrames().parse(JSON.parse(text));
    expect(parsed).toEqual(JSON.parse(text));
    expect(parseServerFrame(text)).toEqual(parsed);
  });
});

const ID = '0d7cb6f2-5b55-4f7c-9e0b-0a4b1d2a6c11';
const sent: Record<string, ClientFrame> = {
  ack: frames.ack(34, 1280),
  chat_message: frames.chatMessage(ID, '안녕하세요! What is a maru? 🏡', 32, {
    attachments: [{ kind: 'document', id: 5, name: '집.pdf' }],
    web_search: true,
    tools: true,
    compare: { models: ['small', 'large'], is_blind: true },
  }),
  continue: frames.continueReply(34),
  edit: frames.edit(33, ID, 'What is a hanok?'),
  ping: frames.ping(),
  regenerate: frames.regenerate(34, { model: 'starter', temperature: 0.2, seed: 42 }),
  resync: frames.resync(34),
  stop: frames.stop(34),
  read: frames.read(34),
  tool_decision: frames.decideToolCall(34, 'call00001', true),
  typing: frames.typing(true),
  draft: frames.draft('쓰다 만 글 ✍'),
};

test.each(golden('client.'))('client frame $type is what we send', ({ type, text }) => {
  const expected = JSON.parse(text);
  expect(sent[type]).toEqual(expected);
});

test.each([
  '',
  'null',
  '[]',
  '{"type":"unheard"}',
  '{"type":"ai_chunk","message_id":"1","offset":0,"chunk":"x"}',
  'not json',
])('what is no frame is dropped: %s', (text) => expect(parseServerFrame(text)).toBeNull());
