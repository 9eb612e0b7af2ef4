/** `[1]` of an answer as a link to its source, where there is such a source; never inside code. */
const CODE_OR_MARK = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)|\[(\d{1,2})\](?![(:[])/g;
// No backslash before a bracket: that would begin a formula.
const TARGET = '#source-';

export function linkCitations(text: string, numbers: readonly number[]): string {
  if (numbers.length === 0) return text;
  return text.replace(CODE_OR_MARK, (found: string, code: string | undefined, n: string | undefined) =>
    code === undefined && numbers.includes(Number(n)) ? `[[${n}]](${TARGET}${n})` : found,
  );
}

/** The number of the citation that was pressed, or null. */
export function citedBy(target: EventTarget): number | null {
  const href = target instanceof Element ? target.closest('a')?.getAttribute('href') : null;
  return href?.startsWith(TARGET) ? Number(href.slice(TARGET.length)) : null;
}
