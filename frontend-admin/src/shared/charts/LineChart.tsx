/**
 * Lines over time, in plain SVG. What is shown is also said: the newest value of each line stands in the legend, and a
 * pointer or the arrow keys read off any other moment.
 */
import { Box, Typography, useTheme } from '@mui/material';
import { useId, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { nearest, pathOf, ticksTo } from './scale';
import { useWidth } from './useWidth';

export interface Line {
  key: string;
  label: string;
  color: string;
  /** Lines are told apart without their colours, too. */
  dash?: string;
  values: readonly (number | null)[];
}

interface LineChartProps {
  title: string;
  hint?: string;
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

const HEIGHT = 168;
const LEFT = 52;
const BOTTOM = 22;
const TOP = 8;
const TALL = HEIGHT - TOP - BOTTOM;

export function LineChart(props: LineChartProps) {
  const { title, hint, lines, format, formatTime, empty, span, gap } = props;
  const id = useId();
  const theme = useTheme();
  const width = useWidth();
  const wide = width - LEFT - 6;
  const [picked, setPicked] = useState<number | null>(null);
  const at = useMemo(() => props.at.map((one) => one ?? 0), [props.at]);
  const end = at.at(-1) ?? 0;
  const start = end - span;
  const max = Math.max(0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  const ticks = ticksTo(max);
  const top = ticks.at(-1) ?? 1;
  const x = (seconds: number) => LEFT + ((seconds - start) / span) * wide;
  const y = (value: number) => TOP + (1 - value / top) * TALL;
  const xs = at.map(x);
  const shown = picked === null ? at.length - 1 : Math.min(picked, at.length - 1);

  const pick = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPicked(nearest(xs, ((event.clientX - box.left) / box.width) * width));
  };
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setPicked(Math.max(0, Math.min(at.length - 1, shown + by)));
  };
  const isEmpty = at.length === 0;
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Box component="figcaption" id={id} sx={{ mb: 0.5 }}>
        <Typography component="h2" variant="subtitle2">
          {title}
        </Typography>
        <Legend
          at={at[shown]}
          format={format}
          formatTime={formatTime}
          index={shown}
          isLive={picked === null}
          lines={lines}
        />
      </Box>
      <Box
        aria-labelledby={id}
        component="svg"
        onBlur={() => setPicked(null)}
        onKeyDown={step}
        onPointerLeave={() => setPicked(null)}
        onPointerMove={pick}
        // An <img> cannot hold lines; this svg is one picture to those who hear it.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="img"
        sx={{ display: 'block', width: '100%', height: 'auto', touchAction: 'pan-y', borderRadius: 1 }}
        tabIndex={isEmpty ? undefined : 0}
        viewBox={`0 0 ${width} ${HEIGHT}`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line stroke={theme.palette.divider} x1={LEFT} x2={width - 6} y1={y(tick)} y2={y(tick)} />
            <text {...label} fill={theme.palette.text.secondary} textAnchor="end" x={LEFT - 8} y={y(tick) + 4}>
              {format(tick)}
            </text>
          </g>
        ))}
        {!isEmpty &&
          [0, 1, 2, 3].map((quarter) => (
            <text
              {...label}
              fill={theme.palette.text.secondary}
              key={quarter}
              textAnchor={quarter === 0 ? 'start' : quarter === 3 ? 'end' : 'middle'}
              x={LEFT + (quarter / 3) * wide}
              y={HEIGHT - 5}
            >
              {formatTime(start + (quarter / 3) * span)}
            </text>
          ))}
        {lines.map((line) => (
          <path
            d={pathOf(
              xs,
              line.values.map((value) => (value === null ? null : y(value))),
              (gap / span) * wide,
            )}
            fill="none"
            key={line.key}
            stroke={line.color}
            strokeDasharray={line.dash}
            strokeLinecap="round"
            strokeLinejoin="round"
            strokeWidth={2}
          />
        ))}
        {picked !== null && !isEmpty && (
          <g>
            <line stroke={theme.palette.text.secondary} x1={xs[shown]} x2={xs[shown]} y1={TOP} y2={HEIGHT - BOTTOM} />
            {lines.map((line) => {
              const value = line.values[shown] ?? null;
              return value === null ? null : (
                <circle cx={xs[shown]} cy={y(value)} fill={line.color} key={line.key} r={3.5} />
              );
            })}
          </g>
        )}
        {isEmpty && (
          <text {...label} fill={theme.palette.text.secondary} textAnchor="middle" x={width / 2} y={HEIGHT / 2}>
            {empty}
          </text>
        )}
      </Box>
      {hint !== undefined && (
        <Typography color="text.secondary" variant="caption">
          {hint}
        </Typography>
      )}
    </Box>
  );
}

const label = { fontSize: 11, fontFamily: 'inherit' } as const;

interface LegendProps {
  lines: readonly Line[];
  index: number;
  at: number | undefined;
  isLive: boolean;
  format: (value: number) => string;
  formatTime: (seconds: number) => string;
}

function Legend({ lines, index, at, isLive, format, formatTime }: LegendProps) {
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2, rowGap: 0.25, alignItems: 'center' }}>
      {lines.map((line) => {
        const value = line.values[index] ?? null;
        return (
          <Typography component="span" key={line.key} sx={{ display: 'inline-flex', gap: 0.75 }} variant="caption">
            <svg aria-hidden height="12" width="18">
              <line stroke={line.color} strokeDasharray={line.dash} strokeWidth="2.5" x1="0" x2="18" y1="7" y2="7" />
            </svg>
            {line.label}
            <Box component="span" sx={{ fontVariantNumeric: 'tabular-nums', fontWeight: 600 }}>
              {value === null ? '–' : format(value)}
            </Box>
          </Typography>
        );
      })}
      {!isLive && at !== undefined && (
        <Typography color="text.secondary" component="span" variant="caption">
          {formatTime(at)}
        </Typography>
      )}
    </Box>
  );
}
