/** Scales and ticks of the charts. Pure. */

/** Round steps (1, 2, 5 and their tens) that cover 0 to `max` with about `n` lines. */
export function ticksTo(max: number, n = 3): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / n;
  const tens = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * tens >= rough) ?? 10) * tens;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** An SVG path through the values that are known; a gap of more than `gap` on the x axis is left open. */
export function pathOf(xs: number[], ys: (number | null)[], gap: number): string {
  let path = '';
  let last: number | null = null;
  ys.forEach((y, index) => {
    const x = xs[index];
    if (y === null || x === undefined) return;
    const isStart = last === null || x - last > gap;
    // A line of no length, with round ends, is a dot: a lonely point is seen, too.
    path += `${isStart ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}${isStart ? 'h0' : ''}`;
    last = x;
  });
  return path;
}

/** The place in `sorted` nearest to `value`. */
export function nearest(sorted: number[], value: number): number {
  let best = 0;
  sorted.forEach((one, index) => {
    if (Math.abs(one - value) < Math.abs((sorted[best] ?? 0) - value)) best = index;
  });
  return best;
}
