import { QueryClient } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { AdminContext, Notification } from 'react-admin';
import { beforeEach, expect, it } from 'vitest';
import { makeI18nProvider } from '@/shared/i18n';
import { serve } from '@/test/server';
import { BackupsPage } from './BackupsPage';

const STATE = { is_running: false, phase: '', done: 0, total: 0, error: '' };
const PAGE = {
  results: [],
  state: STATE,
  needed_bytes: 1024,
  disk_free_bytes: 2048,
  max_kept: 10,
  daily_hour: null,
  time_zone: 'UTC',
};
const ROW = {
  name: 'maru-20260101-030000.zip',
  size_bytes: 4096,
  made_at: '2026-01-01T03:00:00Z',
  contents: { n_rows: 1234, n_documents: 5, n_missing_files: 0, database: 'sqlite' },
  restore_command: 'python manage.py restore /data/backups/maru-20260101-030000.zip --replace',
};

function show() {
  render(
    <AdminContext i18nProvider={makeI18nProvider()} queryClient={new QueryClient()}>
      <BackupsPage />
      <Notification />
    </AdminContext>,
  );
}

beforeEach(() => localStorage.setItem('maru.language', 'en'));

it('makes one, shows how far it is, and says when it is there', async () => {
  const answers = [
    { ...PAGE, state: { ...STATE, is_running: true, phase: 'rows', done: 500, total: 1000 } },
    { ...PAGE, results: [ROW] },
  ];
  let hasBegun = false;
  serve({
    'GET /api/admin/backups/': () => ({ body: hasBegun ? (answers.length > 1 ? answers.shift() : answers[0]) : PAGE }),
    'POST /api/admin/backups/': () => {
      hasBegun = true;
      return { status: 202, body: { ...PAGE, state: { ...STATE, is_running: true, phase: 'starting' } } };
    },
  });
  show();
  expect(await screen.findByText('There is none yet.')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Make a backup now' }));
  expect(await screen.findByText('Writing rows: 500 of 1,000')).toBeVisible();
  expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
  expect(await screen.findByText('The backup is made.')).toBeVisible();
  expect(screen.getByTestId('backup')).toHaveTextContent('1,234 rows, 5 documents');
  expect(screen.getByRole('link', { name: `Download ${ROW.name}` })).toHaveAttribute(
    'href',
    `/api/admin/backups/${ROW.name}/`,
  );
});

it('tells why the server did not begin one, and how one is restored', async () => {
  serve({
    'GET /api/admin/backups/': { body: { ...PAGE, results: [{ ...ROW, contents: null }] } },
    'POST /api/admin/backups/': {
      status: 507,
      body: { code: 'backup_no_room', detail: 'A backup may need 2.0 GiB.', retryable: true },
    },
  });
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Make a backup now' }));
  expect(await screen.findByText('A backup may need 2.0 GiB.')).toBeVisible();
  expect(screen.getByText('This archive cannot be read.')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: `How to restore ${ROW.name}` }));
  expect(await screen.findByTestId('restore-command')).toHaveTextContent(ROW.restore_command);
});
