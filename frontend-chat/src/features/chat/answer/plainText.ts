/** An answer without the marks of Markdown, for where Markdown is not read: a letter, a form. Pure. */
import { Lexer, type Token, type Tokens } from 'marked';

export function plainText(markdown: string): string {
  return blocks(new Lexer({ gfm: true }).lex(markdown)).trim();
}

function blocks(tokens: readonly Token[]): string {
  return tokens
    .map(block)
    .filter((text) => text !== '')
    .join('\n\n');
}

function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return '';
    case 'hr':
      return '---';
    case 'code':
      return (token as Tokens.Code).text;
    case 'list':
      return list(token as Tokens.List);
    case 'table':
      return table(token as Tokens.Table);
    case 'blockquote':
      return blocks((token as Tokens.Blockquote).tokens).replace(/^/gm, '> ');
    default:
      return 'tokens' in token && token.tokens ? inline(token.tokens) : token.raw.trim();
  }
}

function list({ items, ordered, start }: Tokens.List): string {
  const first = typeof start === 'number' ? start : 1;
  return items
    .map((item, index) => {
      const mark = ordered ? `${first + index}. ` : item.task ? (item.checked ? '☑ ' : '☐ ') : '- ';
      const text = item.tokens
        .map(block)
        .filter((part) => part !== '')
        .join('\n');
      return mark + text.replaceAll('\n', `\n${' '.repeat(mark.length)}`);
    })
    .join('\n');
}

function table({ header, rows }: Tokens.Table): string {
  return [header, ...rows].map(cells).join('\n');
}

function cells(row: readonly Tokens.TableCell[]): string {
  return row.map((cell) => inline(cell.tokens)).join('\t');
}

function inline(tokens: readonly Token[]): string {
  return tokens.map(word).join('');
}

function word(token: Token): string {
  switch (token.type) {
    case 'br':
      return '\n';
    case 'codespan':
    case 'escape':
      return (token as Tokens.Codespan).text;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      const text = inline(tokens);
      return text === href || href === `mailto:${text}` ? text : `${text} (${href})`;
    }
    case 'image':
      return (token as Tokens.Image).text;
    default:
      return 'tokens' in token && token.tokens ? inline(token.tokens) : 'text' in token ? token.text : token.raw;
  }
}
