import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, expect, test, vi } from 'vitest';
import type { ToolCall } from '@/shared/api/types';
import { withTexts } from '@/shared/i18n';
import { after, message, sessionState } from '@/test/rows';
import { ToolCallsDone, ToolQuestions } from './ToolCalls';

beforeAll(() => withTexts(Promise.resolve()));

function call(more: Partial<ToolCall> = {}): ToolCall {
  return {
    id: 'call00001',
    server: 'hall',
    tool: 'hall__note',
    arguments: '{"text":"오늘"}',
    state: 'waiting',
    decided_by: null,
    waits_until: null,
    error_code: null,
    is_error: false,
    result: '',
    result_chars: 0,
    duration_ms: null,
    offset: 0,
    round: 1,
    ...more,
  };
}

test('a question shows all that would be sent, and takes one word', async () => {
  const decide = vi.fn();
  const { rerender } = render(
    <ToolQuestions calls={[call(), call({ id: 'b', state: 'done' })]} isOpen onDecide={decide} />,
  );
  expect(screen.getByRole('region', { name: 'May the model use hall · note?' })).toHaveTextContent('"text": "오늘"');
  await userEvent.click(screen.getByRole('button', { name: 'Refuse' }));
  await userEvent.click(screen.getByRole('button', { name: 'Allow once' }));
  expect(decide.mock.calls).toEqual([
    ['call00001', false],
    ['call00001', true],
  ]);
  rerender(<ToolQuestions calls={[call()]} isOpen={false} onDecide={decide} />);
  expect(screen.getByRole('button', { name: 'Allow once' })).toBeDisabled();
});

test('what a tool said is text, whatever it says', () => {
  const said = '<img src=x onerror=alert(1)> **bold**';
  render(<ToolCallsDone calls={[call({ state: 'done', result: said, result_chars: 3_000 })]} isRunning={false} />);
  expect(screen.getByTestId('tool-call')).toHaveTextContent(said);
  expect(screen.getByTestId('tool-call')).toHaveTextContent('The beginning of 3000 characters.');
  expect(document.querySelector('img')).toBeNull();
});

test.each([
  [{ state: 'refused', decided_by: 'time' }, 'nobody answered in time'],
  [{ state: 'failed', error_code: 'timeout' }, 'failed (timeout)'],
  [{ state: 'lost' }, 'cut off by a restart'],
  [{ state: 'done', is_error: true }, 'reported an error'],
  [{ state: 'waiting' }, 'was not finished'],
] as [Partial<ToolCall>, string][])('of an answer that has ended: %o', (how, text) => {
  render(<ToolCallsDone calls={[call(how)]} isRunning={false} />);
  expect(screen.getByTestId('tool-call')).toHaveTextContent(text);
});

const frame = (more: Partial<ToolCall>) => ({ type: 'tool_call' as const, message_id: 2, call: call(more) });

test('frames of a call: the last word counts, and an answer that has ended keeps its own', () => {
  const rows = [message(1, null), message(2, 1, { status: 'streaming' })];
  const state = after(sessionState(2, rows), frame({}), frame({ id: 'call00002' }), frame({ state: 'refused' }));
  expect(state.messages.get(2)?.tool_calls.map(({ id, state }) => [id, state])).toEqual([
    ['call00001', 'refused'],
    ['call00002', 'waiting'],
  ]);
  const ended = after(sessionState(2, [message(1, null), message(2, 1)]), frame({}));
  expect(ended.messages.get(2)?.tool_calls).toEqual([]);
});
