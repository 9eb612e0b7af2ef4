/** Lines over time. The newest value of each line stands in the legend; a pointer or the arrow keys read off any other moment. */
import { LineChart as MuiLineChart } from '@mui/x-charts/LineChart';
import { Figure, figuresAxis, FRAME, TICKS } from './Figure';
import { broken, isLonely } from './gaps';

export interface Line {
  key: string;
  label: string;
  color: string;
  /** Lines are told apart without their colours, too. */
  dash?: string;
  values: readonly (number | null)[];
}

export interface LineChartProps {
  title: string;
  /** Seconds since 1970, ascending. */
  at: readonly (number | null)[];
  lines: readonly Line[];
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
  empty: string;
  /** Seconds that the chart reaches back. */
  span: number;
  /** Seconds without a point after which a line is broken. */
  gap: number;
}

export function LineChart({ title, at, lines, format, formatTime, empty, span, gap }: LineChartProps) {
  const { seconds, columns } = broken(at, lines, gap);
  const end = seconds.at(-1) ?? 0;
  const said = (value: number | null | undefined) => (value === null || value === undefined ? '–' : format(value));
  return (
    <Figure title={title} entries={lines.map((line) => ({ ...line, value: said(line.values.at(-1)) }))}>
      <MuiLineChart
        {...FRAME}
        localeText={{ noData: empty }}
        series={lines.map((line, index) => {
          const data = columns[index] ?? [];
          return {
            id: line.key,
            label: line.label,
            color: line.color,
            data,
            curve: 'linear' as const,
            shape: 'circle' as const,
            showMark: ({ index: at }: { index: number }) => isLonely(data, at),
            valueFormatter: said,
          };
        })}
        slotProps={{
          line: ({ seriesId }) => ({ strokeDasharray: lines.find((line) => line.key === seriesId)?.dash }),
        }}
        xAxis={[
          {
            data: seconds,
            scaleType: 'linear',
            min: end - span,
            max: end,
            tickNumber: 4,
            tickLabelStyle: TICKS,
            valueFormatter: (value: number) => formatTime(value),
          },
        ]}
        yAxis={[figuresAxis(columns.flat(), format)]}
      />
    </Figure>
  );
}
