/**
 * Cuts a growing Markdown text into its top-level blocks. Text only ever grows at its end, so all blocks but the last few are
 * final: they are kept, and only the tail is read again. Kept blocks are the same strings, so nothing of them renders again.
 */
import { Lexer } from 'marked';

/** A block may still change while the next one is young: a list goes on after a blank line, a table after its first row. */
const N_OPEN = 2;

export class BlockSplitter {
  private text = '';
  private blocks: readonly string[] = [];

  /** The same array for the same text. */
  split(text: string): readonly string[] {
    if (text === this.text) return this.blocks;
    const isGrown = text.length > this.text.length && text.startsWith(this.text);
    const kept = isGrown ? this.blocks.slice(0, -N_OPEN) : [];
    const start = kept.reduce((length, block) => length + block.length, 0);
    this.text = text;
    this.blocks = [...kept, ...lex(text.slice(start))];
    return this.blocks;
  }
}

/** Blank space belongs to the block before it: joined, the blocks are the text. */
function lex(text: string): string[] {
  const blocks: string[] = [];
  let end = 0;
  for (const token of new Lexer({ gfm: true }).blockTokens(text, [])) {
    // marked reads tabs and line ends in its own way; the text is the truth, the tokens only say where to cut.
    const isBlank = token.type === 'space' || token.raw.trim() === '';
    const raw = text.startsWith(token.raw, end) ? token.raw : null;
    if (raw === null) return [...blocks, text.slice(end)];
    if (isBlank && blocks.length > 0) blocks[blocks.length - 1] += raw;
    else blocks.push(raw);
    end += raw.length;
  }
  if (end < text.length) blocks.push(text.slice(end));
  return blocks;
}
