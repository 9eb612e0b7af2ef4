import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeQueryClient } from '@/app/queryClient';
import { show } from '@/test/show';
import { DocumentLibrary } from './DocumentLibrary';

const removed = vi.fn();
const folder = (id: number, name: string, n_documents: number) => ({ id, name, n_documents, is_shared: false });
const server = setupServer(
  http.get('*/api/collections/', () =>
    HttpResponse.json({ next: null, results: [folder(1, 'Floors', 3), folder(2, 'Empty', 0)] }),
  ),
  http.get('*/api/documents/', () => HttpResponse.json({ next: null, results: [] })),
  http.delete('*/api/collections/:id/', ({ params }) => {
    removed(params.id);
    return new HttpResponse(null, { status: 204 });
  }),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

test.each([
  ['Floors', 'Floors goes; its 3 documents stay, in no folder.', '1'],
  ['Empty', 'Empty goes. There is no document in it.', '2'],
])('the folder %s asks before it goes, and says what becomes of its documents', async (name, words, id) => {
  removed.mockClear();
  show(<DocumentLibrary isStaff={false} onTalk={() => undefined} />);
  const chip = await screen.findByRole('button', { name: new RegExp(name) });
  await userEvent.click(chip);
  chip.focus();
  await userEvent.keyboard('{Delete}');
  expect(await screen.findByRole('dialog', { name: 'Delete this folder?' })).toHaveTextContent(words);
  expect(removed).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  chip.focus();
  await userEvent.keyboard('{Delete}');
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(removed.mock.calls).toEqual([[id]]));
});

test('a folder counts what was just put into it', async () => {
  let n = 3;
  server.use(
    http.get('*/api/collections/', () => HttpResponse.json({ next: null, results: [folder(1, 'Floors', n)] })),
    http.post('*/api/documents/', () => HttpResponse.json({ id: (n += 1), title: 'plan' }, { status: 201 })),
  );
  show(<DocumentLibrary isStaff={false} onTalk={() => undefined} />);
  await userEvent.click(await screen.findByRole('button', { name: 'Floors · 3' }));
  await userEvent.upload(document.querySelector('input[type=file]') as HTMLInputElement, new File(['x'], 'plan.txt'));
  expect(await screen.findByRole('button', { name: 'Floors · 4' })).toBeVisible();
});

test('that the list does not come is told, and it is asked again when one wishes', async () => {
  const failure = { code: 'error', detail: 'The database is busy.', retryable: false };
  server.use(http.get('*/api/documents/', () => HttpResponse.json(failure, { status: 500 }), { once: true }));
  show(<DocumentLibrary isStaff={false} onTalk={() => undefined} />, makeQueryClient());
  expect(await screen.findByRole('alert')).toHaveTextContent('The database is busy.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText(/^No documents/)).toBeVisible();
  expect(screen.queryByRole('alert')).toBeNull();
});
