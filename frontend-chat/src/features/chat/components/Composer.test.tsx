import { createEvent, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createRef, useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { Composer } from './Composer';

const sent = vi.fn();
const stopped = vi.fn();

function Page({ isAnswering = false }: { isAnswering?: boolean }) {
  const [text, setText] = useState('');
  const [ref] = useState(() => createRef<HTMLTextAreaElement>());
  const send = (next: string) => {
    sent(next);
    setText('');
  };
  return (
    <Composer text={text} onChange={setText} onSend={send} onStop={isAnswering ? stopped : undefined} inputRef={ref} />
  );
}

const box = () => screen.getByRole('textbox', { name: 'Message' });

beforeEach(() => {
  sent.mockClear();
  stopped.mockClear();
});

test('it works: Enter sends once and empties the box', async () => {
  render(<Page />);
  await userEvent.type(box(), 'hello{Enter}');
  expect(sent.mock.calls).toEqual([['hello']]);
  expect(box()).toHaveValue('');
});

test('Shift+Enter breaks the line', async () => {
  render(<Page />);
  await userEvent.type(box(), 'a{Shift>}{Enter}{/Shift}b');
  expect(sent).not.toHaveBeenCalled();
  expect(box()).toHaveValue('a\nb');
});

test('the Enter that ends a Hangul syllable does not send; the one after it sends the finished text once', () => {
  render(<Page />);
  fireEvent.compositionStart(box());
  fireEvent.change(box(), { target: { value: '안녀' } });
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 229, isComposing: true });
  expect(sent).not.toHaveBeenCalled();
  fireEvent.change(box(), { target: { value: '안녕' } });
  fireEvent.compositionEnd(box());
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 });
  expect(sent.mock.calls).toEqual([['안녕']]);
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 });
  expect(sent).toHaveBeenCalledTimes(1);
});

test('Safari, which ends the composition before its Enter, is understood by keyCode 229', () => {
  render(<Page />);
  fireEvent.change(box(), { target: { value: '한' } });
  const enter = createEvent.keyDown(box(), { key: 'Enter', keyCode: 229, isComposing: false });
  fireEvent(box(), enter);
  expect(sent).not.toHaveBeenCalled();
  expect(enter.defaultPrevented).toBe(false);
});

test('blank text is not sent', async () => {
  render(<Page />);
  await userEvent.type(box(), '   {Enter}');
  expect(sent).not.toHaveBeenCalled();
  expect(screen.getByRole('button', { name: 'Send' })).toBeDisabled();
});

test('while an answer is made the button stops it, and Enter keeps what is written', async () => {
  render(<Page isAnswering />);
  await userEvent.type(box(), 'next{Enter}');
  expect(sent).not.toHaveBeenCalled();
  expect(box()).toHaveValue('next');
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  expect(stopped).toHaveBeenCalledTimes(1);
});
