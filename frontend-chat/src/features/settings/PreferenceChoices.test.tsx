import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { User } from '@/shared/api/types';
import { show } from '@/test/show';
import { PreferenceChoices } from './PreferenceChoices';

const busy = { code: 'unavailable', detail: 'The database is busy.', retryable: true };
const server = setupServer(http.patch('*/api/auth/me/', () => HttpResponse.json(busy, { status: 503 })));
beforeAll(() => server.listen());
afterAll(() => server.close());

test('a choice that the account could not take says so: the next page would have the old one', async () => {
  show(<PreferenceChoices user={{ username: 'sumi', email: '' } as User} />);
  await userEvent.click(screen.getByRole('button', { name: 'Dark' }));
  expect(await screen.findByText(busy.detail)).toBeVisible();
});
