/** Who is told that an answer is ready: nobody who, or whose other tab, has it before their eyes. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, waitFor } from '@testing-library/react';
import { ws } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ServerFrame } from '@/shared/socket/serverFrames';
import { session } from '@/test/rows';
import { useAccountEvents } from './useAccountEvents';

const sockets = ws.link(`${location.origin.replace('http', 'ws')}/ws/events/`);
const finished = (session_id: number): ServerFrame => {
  return { type: 'reply_finished', session_id, message_id: 2, title: `chat ${session_id}`, status: 'complete' };
};
const isRead = (id: number): ServerFrame => ({ type: 'session_updated', session: session({ id, is_unread: false }) });

let frames: ServerFrame[] = [];
const server = setupServer(
  sockets.addEventListener('connection', ({ client }) => frames.forEach((frame) => client.send(JSON.stringify(frame)))),
);
beforeAll(() => server.listen());
afterEach(() => vi.restoreAllMocks());
afterAll(() => server.close());

function told(openSession: number | null): ReturnType<typeof vi.fn> {
  const onFinished = vi.fn();
  const listener = { onDeleted: () => undefined, onSignedOut: () => undefined, onFinished };
  function Page() {
    useAccountEvents(openSession, listener);
    return null;
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Page />
    </QueryClientProvider>,
  );
  return onFinished;
}

test('a tab that does not show the answer tells of it, unless it is read or deleted elsewhere', async () => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  frames = [finished(7), finished(8), finished(9), isRead(7), { type: 'session_deleted', session_id: 8 }];
  const onFinished = told(7);
  await waitFor(() => expect(onFinished).toHaveBeenCalled());
  expect(onFinished.mock.calls).toEqual([[9, 'chat 9']]);
});

test('the tab that shows the answer tells of it although it has read it itself: it may stand behind another program', async () => {
  frames = [finished(7), isRead(7)];
  const onFinished = told(7);
  await waitFor(() => expect(onFinished).toHaveBeenCalledWith(7, 'chat 7'));
});
