import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { MemoryRouter } from 'react-router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { show } from '@/test/show';
import { TemporaryNotice } from './TemporaryNotice';

const full = { code: 'storage_full', detail: 'There is no room left on the disk.', retryable: true };
const refuse = () => HttpResponse.json(full, { status: 507 });
const server = setupServer(http.patch('*/api/sessions/7/', refuse), http.post('*/api/sessions/bulk-delete/', refuse));
beforeAll(() => server.listen());
afterAll(() => server.close());

test.each(['Keep', 'Delete'])('a temporary chat says why it cannot do as it was told: %s', async (name) => {
  show(
    <MemoryRouter>
      <TemporaryNotice sessionId={7} />
    </MemoryRouter>,
  );
  await userEvent.click(screen.getByRole('button', { name: new RegExp(name) }));
  expect(await screen.findByText(full.detail)).toBeVisible();
});
