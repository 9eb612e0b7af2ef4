import { QueryClient } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext, Notification } from 'react-admin';
import { beforeEach, expect, it } from 'vitest';
import { makeI18nProvider } from '@/shared/i18n';
import { refusal, serve } from '@/test/server';
import { StoragePage } from './StoragePage';

const REPORT = {
  data_dir: '/data',
  disk_total_bytes: 2048,
  disk_free_bytes: 1024,
  parts: [
    { name: 'documents', size_bytes: 1024, n_files: 2 },
    { name: 'database', size_bytes: 4096, n_files: 1 },
    { name: 'backups', size_bytes: 0, n_files: 0 },
  ],
  tables: [{ name: '', n_rows: null, size_bytes: 1 }],
  documents: { n: 2, size_bytes: 1024 },
  uploads: { n: 0, size_bytes: 0 },
  users: [{ id: 1, username: 'minji', n_documents: 2, documents_bytes: 1024, n_uploads: 0, uploads_bytes: 0 }],
};
const kind = (name: string, n: number, more = {}) => ({
  kind: name,
  n,
  n_bytes: 0,
  names: Array.from({ length: n }, (_, at) => `${name}${at}`),
  is_known: true,
  ...more,
});

function show() {
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <StoragePage />
      <Notification />
    </AdminContext>,
  );
}

beforeEach(() => localStorage.setItem('maru.language', 'en'));

it('shows what uses the disk, largest first, and leaves out what is empty', async () => {
  serve({ 'GET /api/admin/storage/': { body: REPORT } });
  show();
  await screen.findByTestId('part-documents');
  expect(screen.getAllByTestId(/^part-/).map((part) => part.dataset.testid)).toEqual([
    'part-database',
    'part-documents',
  ]);
  expect(screen.getByRole('link', { name: 'minji' })).toBeVisible();
});

it('looks for what is nobody’s, and sweeps only what was chosen and confirmed', async () => {
  let left = [kind('files', 12, { n_bytes: 2048 }), kind('documents', 1), kind('vectors', 0), kind('rests', 0)];
  const asked = serve({
    'GET /api/admin/storage/': { body: REPORT },
    'GET /api/admin/storage/orphans/': () => ({ body: { results: left } }),
    'POST /api/admin/storage/orphans/': () => {
      left = [kind('documents', 1)];
      return { body: { results: [kind('files', 12)] } };
    },
  });
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Look for it' }));
  expect(await screen.findByTestId('orphans-files')).toHaveTextContent('12 · 2 KiB');
  expect(screen.getByTestId('orphans-files')).toHaveTextContent('and 4 more');
  expect(screen.queryByTestId('orphans-vectors')).toBeNull();
  const sweep = screen.getByRole('button', { name: 'Sweep what is chosen' });
  expect(sweep).toBeDisabled();
  await userEvent.click(screen.getByRole('checkbox', { name: /^Files without a document/ }));
  await userEvent.click(sweep);
  await userEvent.click(await screen.findByRole('button', { name: 'Confirm' }));
  expect(await screen.findByText('Swept: 12')).toBeVisible();
  expect(asked.find((one) => one.method === 'POST')?.body).toEqual({ kinds: ['files'] });
  await waitFor(() => expect(screen.queryByTestId('orphans-files')).toBeNull());
});

it('sweeps documents whose disk seems to be away only when that is said again', async () => {
  let isRefused = true;
  const asked = serve({
    'GET /api/admin/storage/': { body: REPORT },
    'GET /api/admin/storage/orphans/': { body: { results: [kind('documents', 3)] } },
    'POST /api/admin/storage/orphans/': () =>
      isRefused
        ? refusal(409, 'documents_away', 'Nothing was removed.')
        : { body: { results: [kind('documents', 3)] } },
  });
  const bodies = () => asked.filter((one) => one.method === 'POST').map((one) => one.body);
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Look for it' }));
  await userEvent.click(await screen.findByRole('checkbox', { name: /^Documents without a file/ }));
  await userEvent.click(screen.getByRole('button', { name: 'Sweep what is chosen' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Confirm' }));
  expect(await screen.findByText(/^Nothing was removed\. Is the disk/)).toBeVisible();
  expect(bodies()).toEqual([{ kinds: ['documents'] }]);
  isRefused = false;
  await userEvent.click(await screen.findByRole('button', { name: 'Delete them all the same' }));
  expect(await screen.findByText('Swept: 3')).toBeVisible();
  expect(bodies()[1]).toEqual({ kinds: ['documents'], even_most: true });
});

it('says that vectors are not known when their store is away', async () => {
  serve({
    'GET /api/admin/storage/': { body: REPORT },
    'GET /api/admin/storage/orphans/': { body: { results: [kind('vectors', 0, { is_known: false })] } },
  });
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Look for it' }));
  expect(await screen.findByText(/store of vectors does not answer/)).toBeVisible();
  expect(screen.queryByText(/nothing that belongs to nobody/)).toBeNull();
});
