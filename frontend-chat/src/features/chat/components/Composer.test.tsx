import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createEvent, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { createRef, useState } from 'react';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Along } from '@/shared/socket/frames';
import { Composer } from './Composer';

const sent = vi.fn();
const stopped = vi.fn();

const edited = vi.fn();

interface PageProps {
  isAnswering?: boolean;
  enterSends?: boolean;
  hasWeb?: boolean;
  hasTools?: boolean;
  sees?: boolean | null;
}

function Page({ isAnswering = false, enterSends = true, hasWeb = false, hasTools = false, sees }: PageProps) {
  const [queries] = useState(() => new QueryClient());
  queries.setQueryData(['me'], { enter_sends: enterSends });
  queries.setQueryData(['house'], { web_search: hasWeb, tools: hasTools });
  const [text, setText] = useState('');
  const [ref] = useState(() => createRef<HTMLTextAreaElement>());
  const send = (next: string, { attachments, web_search, tools }: Along) => {
    sent(
      ...(attachments.length > 0 ? [next, attachments] : web_search ? [next, 'web'] : tools ? [next, 'tools'] : [next]),
    );
    setText('');
  };
  return (
    <QueryClientProvider client={queries}>
      <Composer
        text={text}
        onChange={setText}
        onSend={send}
        onStop={isAnswering ? stopped : undefined}
        onEditLast={edited}
        sight={sees === undefined ? undefined : { model: 'fake', sees }}
        inputRef={ref}
      />
    </QueryClientProvider>
  );
}

const box = () => screen.getByRole('textbox', { name: 'Message' });

beforeEach(() => {
  sent.mockClear();
  stopped.mockClear();
  edited.mockClear();
});

test('it works: Enter sends once and empties the box', async () => {
  render(<Page />);
  await userEvent.type(box(), 'hello{Enter}');
  expect(sent.mock.calls).toEqual([['hello']]);
  expect(box()).toHaveValue('');
});

test('the web is searched for one message, when that was switched on, and it is said that the words leave', async () => {
  render(<Page hasWeb />);
  const web = screen.getByRole('switch', { name: 'Search the web' });
  web.focus();
  await userEvent.keyboard(' ');
  expect(web).toBeChecked();
  expect(screen.getByRole('status')).toHaveTextContent('leave this machine');
  await userEvent.type(box(), 'one{Enter}');
  expect(web).not.toBeChecked();
  await userEvent.type(box(), 'two{Enter}');
  expect(sent.mock.calls).toEqual([['one', 'web'], ['two']]);
});

test('tools are offered for one message, when that was switched on', async () => {
  render(<Page hasTools />);
  const tools = screen.getByRole('switch', { name: 'Use tools' });
  await userEvent.click(tools);
  expect(screen.getByRole('status')).toHaveTextContent('You are asked before anything is sent');
  await userEvent.type(box(), 'one{Enter}');
  expect(tools).not.toBeChecked();
  await userEvent.type(box(), 'two{Enter}');
  expect(sent.mock.calls).toEqual([['one', 'tools'], ['two']]);
});

test('a house without web search and tools has no switch for them', () => {
  render(<Page />);
  expect(screen.queryByRole('switch')).toBeNull();
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

test('while an answer is made one may stop it, and what is sent comes after it', async () => {
  render(<Page isAnswering />);
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  expect(stopped).toHaveBeenCalledTimes(1);
  await userEvent.type(box(), 'next');
  expect(screen.getByRole('button', { name: 'Send after this answer' })).toBeEnabled();
  await userEvent.type(box(), '{Enter}');
  expect(sent.mock.calls).toEqual([['next']]);
});

test('where Enter breaks the line, Ctrl+Enter sends', async () => {
  render(<Page enterSends={false} />);
  await userEvent.type(box(), 'a{Enter}b');
  expect(sent).not.toHaveBeenCalled();
  await userEvent.type(box(), '{Control>}{Enter}{/Control}');
  expect(sent.mock.calls).toEqual([['a\nb']]);
});

test('arrow-up in the empty box edits the last question, elsewhere it moves the caret', async () => {
  render(<Page />);
  await userEvent.type(box(), '{ArrowUp}');
  expect(edited).toHaveBeenCalledTimes(1);
  await userEvent.type(box(), 'a{ArrowUp}');
  expect(edited).toHaveBeenCalledTimes(1);
});

describe('files', () => {
  const png = new File(['x'], 'floor.png', { type: 'image/png' });
  const limits = { max_bytes: 10, max_pixels: 9, media_types: ['image/png'], per_message: 10, room_bytes: 100 };
  let status = 'extracting';
  const server = setupServer(
    http.get('*/api/uploads/limits/', () => HttpResponse.json(limits)),
    http.get('*/api/documents/limits/', () =>
      HttpResponse.json({ suffixes: ['pdf'], max_bytes: 10, room_bytes: 100, room_documents: 5 }),
    ),
    http.post('*/api/documents/', () => HttpResponse.json({ id: 8, title: '보고서' }, { status: 201 })),
    http.get('*/api/documents/8/', () => HttpResponse.json({ id: 8, status, progress: 0.5, error: null })),
    http.post('*/api/uploads/', () => HttpResponse.json({ id: 5, name: 'floor.png' }, { status: 201 })),
  );
  beforeAll(() => {
    server.listen();
    URL.createObjectURL = () => 'blob:x';
    URL.revokeObjectURL = () => undefined;
  });
  afterAll(() => server.close());

  test('a pasted one is sent to the server, then named by the message', async () => {
    render(<Page />);
    await userEvent.upload(screen.getByTestId('file-input'), png);
    await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
    await userEvent.type(box(), 'look{Enter}');
    expect(sent.mock.calls).toEqual([['look', [{ kind: 'image', id: 5, name: 'floor.png' }]]]);
    expect(screen.queryByTestId('attachment')).toBeNull();
  });

  test('what is dropped anywhere on the page goes along, unless a place of its own took it', async () => {
    render(<Page />);
    const drops = [1, 2].map(() =>
      createEvent.drop(document.body, { dataTransfer: { files: [png], types: ['Files'] } }),
    );
    drops[0]?.preventDefault();
    fireEvent(document.body, drops[0] as Event);
    expect(screen.queryByTestId('attachment')).toBeNull();
    fireEvent(document.body, drops[1] as Event);
    expect(await screen.findByTestId('attachment')).toBeVisible();
  });

  test('a model that does not see gets none: it is said, the words stay, and without the image they go', async () => {
    render(<Page sees={false} />);
    await userEvent.upload(screen.getByTestId('file-input'), png);
    await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
    expect(screen.getByTestId('sight')).toHaveTextContent('fake does not look at images');
    await userEvent.type(box(), 'look{Enter}');
    expect(sent).not.toHaveBeenCalled();
    expect(box()).toHaveValue('look');
    await userEvent.click(screen.getByRole('button', { name: 'Remove floor.png' }));
    await userEvent.type(box(), '{Enter}');
    expect(sent.mock.calls).toEqual([['look']]);
  });

  test.each([
    [null, 'It is tried'],
    [true, null],
  ])('a model that sees: %s', async (sees, note) => {
    render(<Page sees={sees} />);
    await userEvent.upload(screen.getByTestId('file-input'), png);
    await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'));
    if (note) expect(screen.getByTestId('sight')).toHaveTextContent(note);
    else expect(screen.queryByTestId('sight')).toBeNull();
    await userEvent.type(box(), 'look{Enter}');
    expect(sent).toHaveBeenCalledTimes(1);
  });

  test.each([
    [['Files', 'text/html'], true],
    [['Files', 'text/plain'], true],
    [['Files', 'text/html', 'text/plain'], false],
  ])('of what is pasted as %s the file is taken: %s', async (types, isTaken) => {
    render(<Page />);
    const paste = createEvent.paste(box(), { clipboardData: { files: [png], types } });
    fireEvent(box(), paste);
    expect(paste.defaultPrevented).toBe(isTaken);
    if (isTaken) expect(await screen.findByTestId('attachment')).toBeVisible();
    else expect(screen.queryByTestId('attachment')).toBeNull();
  });

  test('a document is named by the message once it is read', async () => {
    render(<Page />);
    await userEvent.upload(
      screen.getByTestId('file-input'),
      new File(['x'], '보고서.pdf', { type: 'application/pdf' }),
    );
    await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'reading'));
    await userEvent.type(box(), 'sum up{Enter}');
    expect(sent).not.toHaveBeenCalled();
    status = 'ready';
    await waitFor(() => expect(screen.getByTestId('attachment')).toHaveAttribute('data-state', 'ready'), {
      timeout: 10_000,
    });
    await userEvent.type(box(), '{Enter}');
    expect(sent.mock.calls).toEqual([['sum up', [{ kind: 'document', id: 8, name: '보고서' }]]]);
  });

  test('one that is too large is refused before a byte of it is sent', async () => {
    render(<Page />);
    await userEvent.upload(
      screen.getByTestId('file-input'),
      new File(['x'.repeat(11)], 'big.png', { type: 'image/png' }),
    );
    expect(await screen.findByText('This image is too large.')).toBeVisible();
  });
});
