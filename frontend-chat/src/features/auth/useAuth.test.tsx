import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useUpdateMe } from '@/shared/api/useUpdateMe';
import { show } from '@/test/show';
import { useLogout } from './useAuth';

const busy = { code: 'unavailable', detail: 'The database is busy.', retryable: true };
const refuse = () => HttpResponse.json(busy, { status: 503 });
const server = setupServer(http.patch('*/api/auth/me/', refuse), http.post('*/api/auth/logout/', refuse));
beforeAll(() => server.listen());
afterAll(() => server.close());

function Page() {
  const { mutate: update } = useUpdateMe();
  const { mutate: leave } = useLogout();
  return (
    <>
      <button onClick={() => update({ memory_enabled: false })}>forget</button>
      <button onClick={() => leave()}>leave</button>
    </>
  );
}

test.each(['forget', 'leave'])('what is refused of the account says why: %s', async (name) => {
  show(<Page />);
  await userEvent.click(screen.getByRole('button', { name }));
  expect(await screen.findByText(busy.detail)).toBeVisible();
});
