/** Where nothing was measured a line is broken. Pure. */

interface Column {
  values: readonly (number | null)[];
}

/** The moments and each line's values, with a hole wherever there was no point for more than `gap` seconds. */
export function broken(
  at: readonly (number | null)[],
  lines: readonly Column[],
  gap: number,
): { seconds: number[]; columns: (number | null)[][] } {
  const seconds: number[] = [];
  const columns: (number | null)[][] = lines.map(() => []);
  at.forEach((moment, index) => {
    if (moment === null) return;
    const last = seconds.at(-1);
    if (last !== undefined && moment - last > gap) {
      seconds.push((last + moment) / 2);
      for (const column of columns) column.push(null);
    }
    seconds.push(moment);
    columns.forEach((column, line) => column.push(lines[line]?.values[index] ?? null));
  });
  return { seconds, columns };
}

/** A point without neighbours is no line: it needs a mark to be seen. */
export function isLonely(values: readonly (number | null)[], index: number): boolean {
  return values[index] !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
}
