/** Plain text with marks. Ranges are [start, end) in code points, in order. */
import Box from '@mui/material/Box';

export function Marked({ text, ranges }: { text: string; ranges: [number, number][] }) {
  return pieces(text, ranges).map(({ at, part, isMarked }) =>
    isMarked ? (
      <Box
        key={at}
        component="mark"
        sx={{ bgcolor: 'warning.light', color: 'common.black', borderRadius: 0.5, px: 0.25 }}
      >
        {part}
      </Box>
    ) : (
      <span key={at}>{part}</span>
    ),
  );
}

/** Without the blanks at both ends. */
export function trimmed({ text, ranges }: { text: string; ranges: number[][] }): {
  text: string;
  ranges: [number, number][];
} {
  const cut = [...text].length - [...text.trimStart()].length;
  return {
    text: text.trim(),
    ranges: ranges.map(([start = 0, end = 0]) => [Math.max(0, start - cut), Math.max(0, end - cut)]),
  };
}

export function pieces(text: string, ranges: [number, number][]) {
  const points = [...text];
  const found: { at: number; part: string; isMarked: boolean }[] = [];
  let at = 0;
  for (const [start, end] of [...ranges, [points.length, points.length] as [number, number]]) {
    if (start > at) found.push({ at, part: points.slice(at, start).join(''), isMarked: false });
    if (end > start) found.push({ at: start, part: points.slice(start, end).join(''), isMarked: true });
    at = Math.max(at, end);
  }
  return found;
}
