import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { show } from '@/test/show';
import { useAnswerWithout } from './useSources';

const full = { code: 'quota_exceeded', detail: 'You have used all 3 messages of today.', retryable: true };
const server = setupServer(http.post('*/api/messages/2/regenerate/', () => HttpResponse.json(full, { status: 429 })));
beforeAll(() => server.listen());
afterAll(() => server.close());

function Page() {
  const { mutate } = useAnswerWithout();
  return <button onClick={() => mutate({ message: 2, entry: 5 })}>without it</button>;
}

test('an answer without a memory that cannot be made says why', async () => {
  show(<Page />);
  await userEvent.click(screen.getByRole('button', { name: 'without it' }));
  expect(await screen.findByText(full.detail)).toBeVisible();
});
