import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import type { ConnectionListener } from '@/shared/socket/connection';
import { message, sessionState } from '@/test/rows';
import { ChatController } from '../state/controller';
import { MessageItem } from './MessageItem';

const row = message(1, null, { content: 'first' });

/** The chat as it is entered: left and come back to, it is another one. */
async function edited(): Promise<HTMLElement> {
  let listener: ConnectionListener | null = null;
  const chat = new ChatController(7, {
    connect: (_path, given) => {
      listener = given;
      return { send: () => true, close: () => undefined, reconnect: () => undefined };
    },
    schedule: (flush) => flush(),
  });
  (listener as ConnectionListener | null)?.onFrame(sessionState(1, [row]));
  leave = render(<MessageItem chat={chat} message={row} isLast />).unmount;
  await userEvent.click(screen.getByRole('button', { name: 'Edit' }));
  return field();
}

let leave: () => void;
const field = () => screen.getByRole('textbox', { name: 'Edit your message' });

test('a half-written edit is still there after the chat was left, until it is sent', async () => {
  await userEvent.type(await edited(), ', and more');
  leave();
  expect(await edited()).toHaveValue('first, and more');
  await userEvent.type(field(), '{Enter}');
  leave();
  expect(await edited()).toHaveValue('first');
});

test('an edit that is given up is gone', async () => {
  await userEvent.type(await edited(), ', and more{Escape}');
  leave();
  expect(await edited()).toHaveValue('first');
});
