/** Colours for code: highlight.js with the languages people ask for, each loaded when it is first seen. */
import type { LanguageFn } from 'highlight.js';
import { createElement, type ReactNode } from 'react';
import { languageOf } from './languages';

type Load = () => Promise<{ default: LanguageFn }>;

const LANGUAGES: Record<string, Load> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};

const MAX_CODE_UNITS = 60_000;

/** React elements, or null where the language is not known or the code too long to be worth it. */
export async function highlight(language: string, code: string): Promise<ReactNode | null> {
  const name = languageOf(language);
  const load = Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined;
  if (!load || code.length > MAX_CODE_UNITS) return null;
  const [{ default: hljs }, { default: grammar }] = await Promise.all([import('highlight.js/lib/core'), load()]);
  if (!hljs.getLanguage(name)) hljs.registerLanguage(name, grammar);
  return elementsOf(hljs.highlight(code, { language: name, ignoreIllegals: true }).value);
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" };

/** highlight.js writes spans with a class and escaped text, nothing else: read as that, no HTML ever reaches the page. */
export function elementsOf(html: string): ReactNode {
  const stack: { className: string; children: ReactNode[] }[] = [{ className: '', children: [] }];
  let key = 0;
  for (const part of html.split(/(<span class="[^"]*">|<\/span>)/)) {
    const opening = /^<span class="([^"]*)">$/.exec(part);
    if (opening) stack.push({ className: opening[1] ?? '', children: [] });
    else if (part === '</span>' && stack.length > 1) {
      const done = stack.pop();
      stack.at(-1)?.children.push(createElement('span', { key: key++, className: done?.className }, done?.children));
    } else if (part !== '') {
      stack.at(-1)?.children.push(part.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity));
    }
  }
  return stack[0]?.children ?? null;
}
