import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { message } from '@/test/rows';
import AnswerSources from './AnswerSources';

const page = (n: number, more = {}) => ({
  n,
  title: `Page ${n}`,
  url: `https://www.page${n}.example/a`,
  text: `What page ${n} says.`,
  is_cited: n === 1,
  ...more,
});
const found = { query: 'what is a maru', error_code: null, results: [page(1), page(2)] };

function Answer({
  web,
  first = null,
}: {
  web: typeof found | (Omit<typeof found, 'error_code'> & { error_code: string });
  first?: number | null;
}) {
  const [queries] = useState(() => new QueryClient());
  const [cited, setCited] = useState<number | null>(first);
  return (
    <QueryClientProvider client={queries}>
      <AnswerSources message={message(2, 1, { web: web as never })} cited={cited} onCited={setCited} />
    </QueryClientProvider>
  );
}

test('it works: the pages stand behind a chip, with title, host and a link that tells nothing', async () => {
  render(<Answer web={found} />);
  expect(screen.queryByRole('link')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: '2 web pages found' }));
  const link = screen.getByRole('link', { name: /^\[1\] Page 1/ });
  expect(link).toHaveAttribute('href', 'https://www.page1.example/a');
  expect(link).toHaveAttribute('target', '_blank');
  expect(link).toHaveAttribute('rel', 'noopener noreferrer');
  expect(screen.getByText('page1.example')).toBeVisible();
  expect(screen.getByText('page2.example · not cited')).toBeVisible();
  expect(screen.getByText('Searched for: “what is a maru”')).toBeVisible();
});

test('a number that was pressed in the text opens them at its page, and the chip closes them', async () => {
  render(<Answer web={found} first={1} />);
  expect(screen.getByRole('link', { name: /Page 1/ })).toHaveFocus();
  await userEvent.click(screen.getByRole('button', { name: '2 web pages found' }));
  expect(screen.queryByRole('link')).toBeNull();
});

test('what is no http address is no link', async () => {
  render(<Answer web={{ ...found, results: [page(1, { url: 'javascript:alert(1)' })] }} />);
  await userEvent.click(screen.getByRole('button', { name: '1 web page found' }));
  expect(screen.queryByRole('link')).toBeNull();
  expect(screen.getByText('[1] Page 1')).toBeVisible();
});

test.each([
  ['timeout', 'took too long'],
  ['too_many_searches', 'as many web searches as you may'],
  ['refused', 'did not work'],
])('that the search failed (%s) is said', (error_code, words) => {
  render(<Answer web={{ query: 'x', error_code, results: [] }} />);
  expect(screen.getByTestId('web-failed')).toHaveTextContent(words);
});

test('that nothing was found is said', () => {
  render(<Answer web={{ ...found, results: [] }} />);
  expect(screen.getByTestId('web-failed')).toHaveTextContent('found nothing');
});
