/** The charts, fetched when the first of them is shown. */
import { Skeleton } from '@mui/material';
import { lazy, Suspense } from 'react';
import type { BarChartProps } from './BarChart';
import type { LineChartProps } from './LineChart';

export type { Bars } from './BarChart';
export type { Line } from './LineChart';

const LazyLines = lazy(async () => ({ default: (await import('./LineChart')).LineChart }));
const LazyBars = lazy(async () => ({ default: (await import('./BarChart')).BarChart }));
const waiting = <Skeleton height={216} variant="rounded" />;

export function LineChart(props: LineChartProps) {
  return (
    <Suspense fallback={waiting}>
      <LazyLines {...props} />
    </Suspense>
  );
}

export function BarChart(props: BarChartProps) {
  return (
    <Suspense fallback={waiting}>
      <LazyBars {...props} />
    </Suspense>
  );
}
