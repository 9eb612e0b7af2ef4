/** Over plain HTTP there is no clipboard API: a house on a local network is reached so. */
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext } from 'react-admin';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeI18nProvider } from '@/shared/i18n';
import { RestoreDialog } from './RestoreDialog';

let copied: string | null = null;
let isAllowed = true;

/** As browsers do: the selection of the field that has the focus. */
function copySelection(): boolean {
  const field = document.activeElement;
  copied = field instanceof HTMLTextAreaElement ? field.value.slice(field.selectionStart, field.selectionEnd) : null;
  return isAllowed && copied !== null;
}

beforeEach(() => {
  localStorage.setItem('maru.language', 'en');
  copied = null;
  isAllowed = true;
  document.execCommand = copySelection;
});
afterEach(() => vi.unstubAllGlobals());

async function pressCopy() {
  const user = userEvent.setup();
  vi.stubGlobal('navigator', { ...navigator, userAgent: navigator.userAgent, languages: ['en'], clipboard: undefined });
  render(
    <AdminContext i18nProvider={makeI18nProvider()}>
      <RestoreDialog command="manage.py restore x" onClose={() => undefined} />
    </AdminContext>,
  );
  await user.click(await screen.findByRole('button', { name: 'Copy' }));
}

it('copies the command', async () => {
  await pressCopy();
  expect(await screen.findByRole('button', { name: 'Copied.' })).toHaveFocus();
  expect(copied).toBe('manage.py restore x');
  expect(document.querySelector('textarea')).toBeNull();
});

it('does not say so where the browser forbade it', async () => {
  isAllowed = false;
  await pressCopy();
  expect(screen.queryByRole('button', { name: 'Copied.' })).toBeNull();
});
