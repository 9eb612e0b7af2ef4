/** Offsets on the wire count Unicode code points; a JavaScript string counts UTF-16 units. The translation lives here. */

export function codePointLength(text: string): number {
  let surrogatePairs = 0;
  for (let unit = 0; unit < text.length - 1; unit++) {
    const high = text.charCodeAt(unit);
    if (high < 0xd800 || high > 0xdbff) continue;
    const low = text.charCodeAt(unit + 1);
    if (low < 0xdc00 || low > 0xdfff) continue;
    surrogatePairs++;
    unit++;
  }
  return text.length - surrogatePairs;
}

/** `text` without its first `count` code points. */
export function dropCodePoints(text: string, count: number): string {
  let unit = 0;
  for (let dropped = 0; dropped < count && unit < text.length; dropped++) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(unit);
}
