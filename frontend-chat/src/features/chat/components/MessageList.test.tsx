import { ThemeProvider } from '@mui/material/styles';
import { act, render } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { theme } from '@/app/theme';
import type { ConnectionListener } from '@/shared/socket/connection';
import { message, sessionState } from '@/test/rows';
import { ChatController } from '../state/controller';
import { MessageList } from './MessageList';

// jsdom has no layout: what the list is told is looked at instead of what it draws.
const told = vi.hoisted(() => vi.fn());
vi.mock('virtua', () => ({
  Virtualizer: (props: object) => {
    told(props);
    return null;
  },
}));

test('a message that is being edited stays in the page, however far the reader goes away from it', () => {
  let listener: ConnectionListener | null = null;
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return { send: () => true, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (flush) => flush(),
  });
  const rows = [message(1, null), message(2, 1), message(3, 2, { role: 'user' }), message(4, 3)];
  (listener as ConnectionListener | null)?.onFrame(sessionState(4, rows));
  render(
    <ThemeProvider theme={theme}>
      <MessageList chat={chat} messages={rows} pending={[]} hasEarlier={false} />
    </ThemeProvider>,
  );
  expect(told.mock.lastCall?.[0]).toMatchObject({ keepMounted: [] });
  act(() => chat.setEditing(3));
  expect(told.mock.lastCall?.[0]).toMatchObject({ keepMounted: [2] });
  act(() => chat.setEditing(null));
  expect(told.mock.lastCall?.[0]).toMatchObject({ keepMounted: [] });
});
