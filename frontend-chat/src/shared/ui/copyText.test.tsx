/** Over plain HTTP there is no clipboard API. */
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { copyText } from './copyText';

let copied: string | null = null;

/** As browsers do: the selection of the field that has the focus. */
function copySelection(): boolean {
  const field = document.activeElement;
  copied = field instanceof HTMLTextAreaElement ? field.value.slice(field.selectionStart, field.selectionEnd) : null;
  return copied !== null;
}

beforeEach(() => {
  copied = null;
  document.execCommand = copySelection;
});
afterEach(() => vi.unstubAllGlobals());

const Copying = () => <Button onClick={() => void copyText('a link')}>copy</Button>;

test.each([
  ['on the page', <Copying key="page" />],
  [
    'in a dialog, which keeps the focus in itself',
    <Dialog key="dialog" open>
      <Copying />
    </Dialog>,
  ],
])('text is copied %s', async (_, shown) => {
  const user = userEvent.setup();
  vi.stubGlobal('navigator', { ...navigator, userAgent: navigator.userAgent, clipboard: undefined });
  render(shown);
  const button = screen.getByRole('button', { name: 'copy' });
  await user.click(button);
  expect(copied).toBe('a link');
  expect(button).toHaveFocus();
  expect(document.querySelector('textarea')).toBeNull();
});
