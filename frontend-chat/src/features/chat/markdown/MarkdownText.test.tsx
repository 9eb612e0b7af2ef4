import { render, screen, waitFor } from '@testing-library/react';
import { SnackbarProvider } from 'notistack';
import { Profiler, type ReactElement } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ThemeProvider } from '@mui/material/styles';
import { theme } from '@/app/theme';
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

const page = (child: ReactElement) => (
  <ThemeProvider theme={theme}>
    <SnackbarProvider>{child}</SnackbarProvider>
  </ThemeProvider>
);

beforeEach(() => parsed.mockClear());

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
