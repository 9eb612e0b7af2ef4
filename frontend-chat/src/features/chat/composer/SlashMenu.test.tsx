import { QueryClient } from '@tanstack/react-query';
import { fireEvent, screen } from '@testing-library/react';
import { createRef } from 'react';
import { MemoryRouter } from 'react-router';
import { expect, test, vi } from 'vitest';
import { show } from '@/test/show';
import SlashMenu from './SlashMenu';

const onInsert = vi.fn();
const onKeyDown = vi.fn();

function opened() {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  queries.setQueryData(['prompts'], [{ id: 1, command: 'sum', title: 'Summary', content: 'Sum up:' }]);
  const ref = createRef<HTMLTextAreaElement>();
  show(
    <MemoryRouter>
      <textarea ref={ref} onKeyDown={onKeyDown} />
      <SlashMenu query="s" inputRef={ref} onInsert={onInsert} onClose={() => undefined} onFiles={() => undefined} />
    </MemoryRouter>,
    queries,
  );
  onInsert.mockClear();
  onKeyDown.mockClear();
  return screen.getByRole('textbox');
}

test.each(['Enter', 'Tab'])('%s takes the command', (key) => {
  expect(fireEvent.keyDown(opened(), { key })).toBe(false);
  expect(onInsert).toHaveBeenCalledWith('Sum up:');
});

test.each([
  ['Tab', { shiftKey: true }],
  ['Enter', { shiftKey: true }],
  ['Enter', { ctrlKey: true }],
  ['Enter', { metaKey: true }],
])('%s with %o is left to the box', (key, held) => {
  expect(fireEvent.keyDown(opened(), { key, ...held })).toBe(true);
  expect(onInsert).not.toHaveBeenCalled();
  expect(onKeyDown).toHaveBeenCalled();
});
