import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { useState } from 'react';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeQueryClient } from '@/app/queryClient';
import { show } from '@/test/show';
import { DocumentSearch } from './DocumentSearch';

const failure = { code: 'error', detail: 'The database is busy.', retryable: false };
const server = setupServer(
  http.get('*/api/documents/search/', () => HttpResponse.json(failure, { status: 500 }), { once: true }),
  http.get('*/api/documents/search/', () => HttpResponse.json({ results: [] })),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

function Page() {
  const [words, setWords] = useState('');
  return <DocumentSearch words={words} onWords={setWords} onOpen={() => undefined} />;
}

test('a search that fails says why, and can be tried again', async () => {
  show(<Page />, makeQueryClient());
  await userEvent.type(screen.getByRole('textbox'), 'floor');
  expect(await screen.findByRole('alert')).toHaveTextContent('The database is busy.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText(/nothing/i)).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
});
