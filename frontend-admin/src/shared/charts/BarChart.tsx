/** Stacked bars over days. The table below such a chart says the same in figures. */
import { BarChart as MuiBarChart } from '@mui/x-charts/BarChart';
import { Figure, figuresAxis, FRAME, TICKS } from './Figure';

export interface Bars {
  key: string;
  label: string;
  color: string;
  values: readonly number[];
}

export interface BarChartProps {
  title: string;
  labels: readonly string[];
  parts: readonly Bars[];
  format: (value: number) => string;
}

export function BarChart({ title, labels, parts, format }: BarChartProps) {
  const total = (part: Bars) => format(part.values.reduce((sum, value) => sum + value, 0));
  return (
    <Figure title={title} entries={parts.map((part) => ({ ...part, value: total(part) }))}>
      <MuiBarChart
        {...FRAME}
        borderRadius={2}
        series={parts.map((part) => ({
          id: part.key,
          label: part.label,
          color: part.color,
          data: [...part.values],
          stack: 'all',
          valueFormatter: (value: number | null) => format(value ?? 0),
        }))}
        xAxis={[{ data: [...labels], scaleType: 'band', tickLabelStyle: TICKS }]}
        yAxis={[
          figuresAxis(
            parts.flatMap((part) => part.values),
            format,
          ),
        ]}
      />
    </Figure>
  );
}
