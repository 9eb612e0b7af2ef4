import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import { elementsOf, highlight } from './highlight';

test('it works: colours, and the code unchanged', async () => {
  const code = 'def f(x):\n    return "<b>&amp;\'" # ok';
  const { container } = render(<code>{await highlight('py', code)}</code>);
  expect(container.textContent).toBe(code);
  expect(container.querySelector('.hljs-keyword')?.textContent).toBe('def');
});

test('an unknown language has no colours', async () => {
  expect(await highlight('brainfog', 'x')).toBeNull();
  expect(await highlight('constructor', 'x')).toBeNull();
});

test('nothing but spans with a class is ever made', () => {
  const { container } = render(
    <code>{elementsOf('<span class="a">x<img src=x onerror=1></span></span>&lt;b&gt;')}</code>,
  );
  expect(container.querySelector('img')).toBeNull();
  expect(container.textContent).toBe('x<img src=x onerror=1></span><b>');
});
