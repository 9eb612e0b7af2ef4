/** What is live now, and the points that this page has seen: the newest end of the chart of the last 15 minutes. */
import { useEffect, useMemo, useReducer, useState } from 'react';
import { type Line, type Stats, watchFigures } from '@/shared/socket/live';
import { type Processes, take, type View, viewOf } from './merge';
import { type Point, pointOf } from './points';

const STEP_S = 2;
const MAX_POINTS = 450;

export interface Seen {
  processes: Processes;
  view: View | null;
  points: readonly Point[];
}

export function hear(seen: Seen, stats: Stats, now = Date.now()): Seen {
  const processes = take(seen.processes, stats, now);
  const view = viewOf(processes);
  if (view === null) return { ...seen, processes, view };
  const point = pointOf(view);
  const isDue = (point.at ?? 0) - (seen.points.at(-1)?.at ?? 0) >= STEP_S - 0.2;
  return { processes, view, points: isDue ? [...seen.points, point].slice(-MAX_POINTS) : seen.points };
}

export function useLive(): { line: Line; view: View | null; points: readonly Point[] } {
  const [seen, onStats] = useReducer((seen: Seen, stats: Stats) => hear(seen, stats), {
    processes: {},
    view: null,
    points: [],
  });
  const [line, setLine] = useState<Line>('connecting');
  useEffect(() => watchFigures({ onStats, onLine: setLine }), []);
  return useMemo(() => ({ line, view: seen.view, points: seen.points }), [line, seen]);
}
