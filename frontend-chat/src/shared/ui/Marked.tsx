/** Plain text with marks. Ranges are [start, end) in code points, in order. */
import Box from '@mui/material/Box';

type Ranges = readonly (readonly number[])[];

export function Marked({ text, ranges }: { text: string; ranges: Ranges }) {
  return pieces(text, ranges).map(({ at, part, isMarked }) =>
    isMarked ? (
      <Box
        key={at}
        component="mark"
        sx={{ bgcolor: 'surface.mark', color: 'text.primary', borderRadius: '3px', px: '1px' }}
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

interface Piece {
  at: number;
  part: string;
  isMarked: boolean;
}

/** All of the text comes back, whatever the ranges. */
export function pieces(text: string, ranges: Ranges): Piece[] {
  const points = [...text];
  const found: Piece[] = [];
  let at = 0;
  const push = (end: number, isMarked: boolean) => {
    if (end > at) found.push({ at, part: points.slice(at, end).join(''), isMarked });
    at = Math.max(at, Math.min(end, points.length));
  };
  for (const [start = 0, end = 0] of ranges) {
    push(start, false);
    push(end, true);
  }
  push(points.length, false);
  return found;
}
