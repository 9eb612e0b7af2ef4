/** Names of code languages, and the file ending a download gets. */
const ALIASES: Record<string, string> = {
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  'c++': 'cpp',
  cs: 'csharp',
  'c#': 'csharp',
  docker: 'dockerfile',
  golang: 'go',
  js: 'javascript',
  jsx: 'javascript',
  mjs: 'javascript',
  kt: 'kotlin',
  md: 'markdown',
  py: 'python',
  python3: 'python',
  rb: 'ruby',
  rs: 'rust',
  ts: 'typescript',
  tsx: 'typescript',
  html: 'xml',
  svg: 'xml',
  yml: 'yaml',
};

const ENDINGS: Record<string, string> = {
  bash: 'sh',
  csharp: 'cs',
  dockerfile: 'dockerfile',
  javascript: 'js',
  kotlin: 'kt',
  markdown: 'md',
  mermaid: 'mmd',
  python: 'py',
  ruby: 'rb',
  rust: 'rs',
  typescript: 'ts',
  xml: 'xml',
};

/** The name under which the language is known to the highlighter. */
export function languageOf(asked: string): string {
  const name = asked.toLowerCase();
  return ALIASES[name] ?? name;
}

export function fileNameFor(asked: string): string {
  const name = asked.toLowerCase();
  if (name === 'html' || name === 'svg' || name === 'tsx' || name === 'jsx') return `code.${name}`;
  const language = languageOf(name);
  const ending = ENDINGS[language] ?? (/^[a-z0-9]{1,8}$/.test(language) ? language : 'txt');
  return `code.${ending}`;
}
