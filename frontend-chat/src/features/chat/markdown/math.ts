/** Formulas: KaTeX, loaded with the first one. A single `$` is money; formulas stand in `$$…$$`, `\(…\)` or `\[…\]`. */
import { useEffect, useState } from 'react';
import type { Options } from 'react-markdown';

export interface MathPlugins {
  remark: NonNullable<Options['remarkPlugins']>;
  rehype: NonNullable<Options['rehypePlugins']>;
}

let loaded: MathPlugins | null = null;
let loading: Promise<MathPlugins> | null = null;

const HAS_MATH = /\$\$|\\\(|\\\[/;

async function load(): Promise<MathPlugins> {
  const [{ default: remarkMath }, { default: rehypeKatex }] = await Promise.all([
    import('remark-math'),
    import('rehype-katex'),
    import('katex/dist/katex.min.css'),
  ]);
  // A formula that cannot be read is shown as it was written; nothing of it may name an address or a class.
  const strict = { throwOnError: false, strict: 'ignore', trust: false, maxExpand: 200, maxSize: 20 };
  loaded = { remark: [[remarkMath, { singleDollarTextMath: false }]], rehype: [[rehypeKatex, strict]] };
  return loaded;
}

/** Null where there is no formula, or not yet. */
export function useMath(source: string): MathPlugins | null {
  const hasMath = HAS_MATH.test(source);
  const [plugins, setPlugins] = useState(loaded);
  useEffect(() => {
    if (!hasMath || plugins) return;
    let isCurrent = true;
    loading ??= load();
    loading.then((ready) => isCurrent && setPlugins(ready)).catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [hasMath, plugins]);
  return hasMath ? plugins : null;
}

/** TeX's own brackets as dollars, outside of code. */
export function dollarsFor(source: string): string {
  if (!source.includes('\\(') && !source.includes('\\[')) return source;
  return source
    .split(/(```[\s\S]*?(?:```|$)|`[^`\n]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/\\\[([\s\S]+?)\\\]/g, (_all, tex: string) => `\n$$\n${tex.trim()}\n$$\n`)
            .replace(/\\\(([\s\S]+?)\\\)/g, (_all, tex: string) => `$$${tex.trim()}$$`),
    )
    .join('');
}
