import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { SnackbarProvider } from 'notistack';
import { Profiler, type ReactElement } from 'react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ThemeProvider } from '@mui/material/styles';
import { theme } from '@/app/theme';
import { HOUSE } from '@/shared/api/useHouse';
import MarkdownText from './MarkdownText';

const parsed = vi.hoisted(() => vi.fn());

// Counts how often a block is read; the reading itself stays the real one.
vi.mock('react-markdown', async (original) => {
  const { default: Real } = await original<typeof import('react-markdown')>();
  return {
    default: (props: { children: string }) => {
      parsed(props.children);
      return <Real {...props} />;
    },
  };
});

const queries = new QueryClient();
const page = (child: ReactElement) => (
  <QueryClientProvider client={queries}>
    <ThemeProvider theme={theme}>
      <SnackbarProvider>{child}</SnackbarProvider>
    </ThemeProvider>
  </QueryClientProvider>
);

beforeEach(() => {
  parsed.mockClear();
  queries.clear();
});

test('it works: Markdown becomes elements', () => {
  render(page(<MarkdownText text={'**bold** and `code`\n\n- a\n- b'} isStreaming={false} />));
  expect(screen.getByText('bold').tagName).toBe('STRONG');
  expect(screen.getAllByRole('listitem')).toHaveLength(2);
});

test('finished blocks are never read again while the last one grows', () => {
  const done = '# Title\n\nFirst paragraph.\n\nSecond paragraph.\n\n';
  const { rerender } = render(page(<MarkdownText text={`${done}The`} isStreaming />));
  parsed.mockClear();
  let text = `${done}The`;
  for (const word of [' last', ' block', ' **grows', '** on']) {
    text += word;
    rerender(page(<MarkdownText text={text} isStreaming />));
  }
  expect(parsed).toHaveBeenCalledTimes(4);
  expect(parsed.mock.calls.every(([source]) => String(source).startsWith('The last'))).toBe(true);
});

test('ending changes nothing of what was complete', () => {
  const { rerender } = render(page(<MarkdownText text={'One.\n\nTwo.'} isStreaming />));
  parsed.mockClear();
  rerender(page(<MarkdownText text={'One.\n\nTwo.'} isStreaming={false} />));
  expect(parsed).not.toHaveBeenCalled();
});

test('an open emphasis is closed while it streams', () => {
  render(page(<MarkdownText text="some **bold te" isStreaming />));
  expect(screen.getByText('bold te').tagName).toBe('STRONG');
});

test('Korean particles do not break emphasis', () => {
  render(page(<MarkdownText text="**강조(테스트)**를 봅니다" isStreaming={false} />));
  expect(screen.getByText('강조(테스트)').tagName).toBe('STRONG');
});

test.each([
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '[x](javascript:alert(1))',
  '![x](https://evil.example/a.png)',
  '![x](data:text/html,<script>alert(1)</script>)',
  '<iframe src="https://evil.example"></iframe>',
  '```html\n<img src=x onerror=alert(1)>\n```',
])('nothing runs and nothing is fetched: %s', (text) => {
  const { container } = render(page(<MarkdownText text={text} isStreaming={false} />));
  expect(container.querySelector('img, script, iframe, object, [onerror]')).toBeNull();
  for (const link of container.querySelectorAll('a'))
    expect(link.getAttribute('href') ?? '').not.toMatch(/^javascript:/i);
});

// What pictures look like where the administrators chose `mode`.
const shown = (mode: string, text: string) => {
  queries.setQueryData(HOUSE, { remote_images: { mode, origins: ['https://img.example'] } });
  return render(page(<MarkdownText text={text} isStreaming={false} />)).container;
};

describe('pictures of other hosts are shown as the administrators chose', () => {
  const listed = '![A cat](https://img.example/a.png)';

  test('as a link, at first', () => {
    expect(shown('click', listed).querySelector('img')).toBeNull();
    expect(screen.getByRole('link', { name: /A cat.*img\.example/ })).toHaveAttribute(
      'rel',
      expect.stringContaining('noreferrer'),
    );
  });

  test('not at all', () => {
    expect(shown('never', listed).querySelector('img, a')).toBeNull();
    expect(screen.getByText('A cat (img.example)')).toBeVisible();
  });

  test('from the origins that are named; a link where it cannot be loaded', () => {
    const container = shown('listed', listed);
    expect(screen.getByRole('img', { name: 'A cat' })).toHaveAttribute('referrerpolicy', 'no-referrer');
    fireEvent.error(screen.getByRole('img', { name: 'A cat' }));
    expect(container.querySelector('img')).toBeNull();
    expect(screen.getByRole('link')).toHaveAttribute('href', 'https://img.example/a.png');
  });

  test.each(['https://img.example.evil.test/a.png', 'http://img.example/a.png', 'https://img.example:8443/a.png'])(
    'nothing else is loaded: %s',
    (address) => expect(shown('listed', `![x](${address})`).querySelector('img')).toBeNull(),
  );
});

test('the text of code is copied as it is', async () => {
  const write = vi.fn().mockResolvedValue(undefined);
  Object.defineProperty(navigator, 'clipboard', { value: { writeText: write }, configurable: true });
  render(
    page(
      <Profiler id="md" onRender={() => {}}>
        <MarkdownText text={'```py\nx = "<a>"\n```'} isStreaming={false} />
      </Profiler>,
    ),
  );
  screen.getByRole('button', { name: 'Copy the code' }).click();
  expect(write).toHaveBeenCalledWith('x = "<a>"');
  await screen.findByLabelText('Copy the code');
});

test('formulas are drawn once KaTeX is there; money is not a formula', async () => {
  const { container } = render(page(<MarkdownText text={'Cost $5 and $10.\n\nArea \\(a^2\\)'} isStreaming={false} />));
  await waitFor(() => expect(container.querySelectorAll('.katex')).toHaveLength(1));
  expect(container.textContent).toContain('Cost $5 and $10.');
});
