import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { message } from '@/test/rows';
import { Announcer } from './Announcer';

test('an answer that was seen in the making is told, without the thoughts before it', () => {
  const row = message(2, 1, { content: `<think>${'Hm. '.repeat(200)}</think>\n\nYes, a floor.` });
  const { rerender } = render(<Announcer last={row} isAnswering />);
  expect(screen.getByRole('status')).toHaveTextContent('Maru is answering.');
  rerender(<Announcer last={row} isAnswering={false} />);
  expect(screen.getByRole('status')).toHaveTextContent(/^Maru has answered: Yes, a floor\.$/);
});

test('another branch that is shown is no new answer, nor is the first one when it is shown again', () => {
  const [made, other] = [message(2, 1), message(3, 1)];
  const { rerender } = render(<Announcer last={made} isAnswering />);
  rerender(<Announcer last={made} isAnswering={false} />);
  expect(screen.getByRole('status')).toHaveTextContent('Maru has answered: text 2');
  rerender(<Announcer last={other} isAnswering={false} />);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  rerender(<Announcer last={made} isAnswering={false} />);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});
