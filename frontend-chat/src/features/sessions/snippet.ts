/** A snippet cut at its hits. Ranges count code points, as the server does. Pure. */

export interface Part {
  at: number;
  text: string;
  isHit: boolean;
}

export function partsOf(snippet: string, ranges: readonly (readonly number[])[]): Part[] {
  const points = [...snippet];
  const parts: Part[] = [];
  let at = 0;
  const push = (end: number, isHit: boolean) => {
    if (end > at) parts.push({ at, text: points.slice(at, end).join(''), isHit });
    at = Math.max(at, end);
  };
  for (const [start = 0, end = 0] of ranges) {
    push(Math.min(start, points.length), false);
    push(Math.min(end, points.length), true);
  }
  push(points.length, false);
  return parts;
}
