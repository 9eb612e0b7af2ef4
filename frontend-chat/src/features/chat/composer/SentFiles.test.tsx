import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { SentFiles } from './SentFiles';

const image = (id: number, name: string) => ({ kind: 'image' as const, id, name });

test('it works: an image opens large by the keyboard, and Escape leads back to it', async () => {
  render(<SentFiles attachments={[image(5, 'floor.png')]} />);
  const thumbnail = screen.getByRole('button', { name: 'Open floor.png' });
  thumbnail.focus();
  await userEvent.keyboard('{Enter}');
  const dialog = await screen.findByRole('dialog', { name: 'floor.png' });
  expect(screen.getByRole('img', { name: 'floor.png' })).toHaveAttribute('src', '/api/uploads/5/content/');
  expect(screen.queryByRole('button', { name: 'Next image' })).toBeNull();
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
  expect(thumbnail).toHaveFocus();
});

test('with several the arrow keys go from one to the next', async () => {
  render(
    <SentFiles attachments={[image(1, 'a.png'), { kind: 'document', id: 9, name: 'x.pdf' }, image(2, 'b.png')]} />,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Open a.png' }));
  expect(await screen.findByText('1 of 2')).toBeVisible();
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  expect(screen.getByRole('dialog', { name: 'b.png' })).toBeVisible();
  expect(screen.getByRole('button', { name: 'Next image' })).toBeDisabled();
  await userEvent.keyboard('{ArrowLeft}');
  expect(screen.getByRole('dialog', { name: 'a.png' })).toBeVisible();
});
