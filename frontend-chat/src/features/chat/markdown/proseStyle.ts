/** Typography of answers, and the colours of code. Contrast of every token is at least 4.5 on its ground, in both schemes. */
import type { SxProps, Theme } from '@mui/material/styles';

export const MONO = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'D2Coding', 'NanumGothicCoding', monospace";

export const proseStyle: SxProps<Theme> = {
  overflowWrap: 'anywhere',
  '& > :first-of-type': { mt: 0 },
  '& > :last-child': { mb: 0 },
  '& p': { my: 1.5 },
  '& h3': { mt: 3, mb: 1, lineHeight: 1.4, letterSpacing: '-0.01em', fontWeight: 650 },
  '& .level-1': { fontSize: '1.35rem' },
  '& .level-2': { fontSize: '1.18rem' },
  '& .level-3': { fontSize: '1.06rem' },
  '& .level-4': { fontSize: '1rem' },
  '& ul, & ol': { my: 1.5, pl: 3 },
  '& li': { my: 0.5 },
  '& li > ul, & li > ol': { my: 0.5 },
  '& li > p': { my: 0.5 },
  '& li::marker': { color: 'text.secondary' },
  '& ul.contains-task-list': { listStyle: 'none', pl: 1 },
  '& blockquote': { m: 0, my: 2, pl: 2, borderLeft: 3, borderColor: 'divider', color: 'text.secondary' },
  '& hr': { border: 0, borderTop: 1, borderColor: 'divider', my: 3 },
  '& .table': { overflowX: 'auto', my: 2 },
  '& .table:focus-visible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
  '& table': { borderCollapse: 'collapse', fontSize: '0.92em', minWidth: '40%' },
  '& th, & td': { borderBottom: 1, borderColor: 'divider', px: 1.5, py: 1, textAlign: 'left', verticalAlign: 'top' },
  '& th': { fontWeight: 650, whiteSpace: 'nowrap' },
  '& :not(pre) > code': {
    fontFamily: MONO,
    fontSize: '0.88em',
    bgcolor: 'surface.code',
    border: 1,
    borderColor: 'divider',
    borderRadius: '5px',
    px: 0.6,
    py: 0.2,
  },
};

const LIGHT = {
  word: '#8250a8',
  text: '#2c6b41',
  number: '#9a4a00',
  name: '#1f5b94',
  quiet: '#6d655c',
  type: '#8a5a00',
};
const DARK = {
  word: '#cfa8ea',
  text: '#a3d2ac',
  number: '#f0b37e',
  name: '#94c3f0',
  quiet: '#9f968b',
  type: '#e9c98a',
};

function colours(of: typeof LIGHT): SxProps<Theme> {
  return {
    '& .hljs-comment, & .hljs-quote, & .hljs-meta': { color: of.quiet },
    '& .hljs-keyword, & .hljs-selector-tag, & .hljs-literal, & .hljs-section, & .hljs-doctag': { color: of.word },
    '& .hljs-string, & .hljs-regexp, & .hljs-addition, & .hljs-attribute, & .hljs-template-tag': { color: of.text },
    '& .hljs-number, & .hljs-symbol, & .hljs-bullet, & .hljs-variable, & .hljs-template-variable, & .hljs-deletion': {
      color: of.number,
    },
    '& .hljs-title, & .hljs-name, & .hljs-selector-id, & .hljs-selector-class, & .hljs-attr': { color: of.name },
    '& .hljs-type, & .hljs-built_in, & .hljs-class, & .hljs-params': { color: of.type },
    '& .hljs-emphasis': { fontStyle: 'italic' },
    '& .hljs-strong': { fontWeight: 700 },
  };
}

export const codeStyle: SxProps<Theme> = (theme) => ({
  my: 2,
  border: 1,
  borderColor: 'divider',
  borderRadius: '12px',
  // `clip`, not `hidden`: the bar of long code stays in view at the upper edge of the page.
  overflow: 'clip',
  bgcolor: 'surface.code',
  '& .bar': {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    display: 'flex',
    alignItems: 'center',
    gap: '2px',
    pl: 2,
    pr: 0.75,
    py: 0.25,
    fontSize: '0.78rem',
    color: 'text.secondary',
    bgcolor: 'surface.code',
    borderBottom: 1,
    borderColor: 'divider',
  },
  '& .bar .language': { flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' },
  '& .bar button': {
    display: 'grid',
    placeItems: 'center',
    width: 30,
    height: 30,
    p: 0,
    border: 0,
    borderRadius: '8px',
    color: 'inherit',
    bgcolor: 'transparent',
    cursor: 'pointer',
    '& svg': { fontSize: 17 },
    '&:hover': { bgcolor: 'surface.hover', color: 'text.primary' },
    '&[aria-pressed=true]': { color: 'primary.main' },
    '&:focus-visible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: -2 },
  },
  '& pre.wrapped': { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '& pre': {
    m: 0,
    p: 2,
    overflowX: 'auto',
    fontFamily: MONO,
    fontSize: '0.86rem',
    lineHeight: 1.6,
    wordBreak: 'normal',
    overflowWrap: 'normal',
  },
  '& code': { fontFamily: 'inherit' },
  ...theme.applyStyles('light', colours(LIGHT) as never),
  ...theme.applyStyles('dark', colours(DARK) as never),
});
