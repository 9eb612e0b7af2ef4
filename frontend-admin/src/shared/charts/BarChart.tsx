/** Stacked bars over days, in plain SVG. The table below such a chart says the same in figures. */
import { Box, Typography, useTheme } from '@mui/material';
import { useId } from 'react';
import { ticksTo } from './scale';
import { useWidth } from './useWidth';

export interface Bars {
  key: string;
  label: string;
  color: string;
  values: readonly number[];
}

interface BarChartProps {
  title: string;
  labels: readonly string[];
  parts: readonly Bars[];
  format: (value: number) => string;
}

const HEIGHT = 176;
const LEFT = 52;
const BOTTOM = 22;
const TOP = 8;
const TALL = HEIGHT - TOP - BOTTOM;
const MAX_LABELS = 5;
const text = { fontSize: 11, fontFamily: 'inherit' } as const;

export function BarChart({ title, labels, parts, format }: BarChartProps) {
  const id = useId();
  const { palette } = useTheme();
  const width = useWidth();
  const wide = width - LEFT - 6;
  const totals = labels.map((_, index) => parts.reduce((sum, part) => sum + (part.values[index] ?? 0), 0));
  const ticks = ticksTo(Math.max(0, ...totals));
  const top = ticks.at(-1) ?? 1;
  const slot = wide / Math.max(1, labels.length);
  const bar = Math.max(1, Math.min(28, slot * 0.72));
  const height = (value: number) => (value / top) * TALL;
  const every = Math.ceil(labels.length / MAX_LABELS);
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Box component="figcaption" id={id} sx={{ mb: 0.5 }}>
        <Typography component="h2" variant="subtitle2">
          {title}
        </Typography>
        <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2 }}>
          {parts.map((part) => (
            <Typography component="span" key={part.key} sx={{ display: 'inline-flex', gap: 0.75 }} variant="caption">
              <svg aria-hidden height="12" width="12">
                <rect fill={part.color} height="10" rx="2" width="10" y="2" />
              </svg>
              {part.label}
              <Box component="span" sx={{ fontWeight: 600, fontVariantNumeric: 'tabular-nums' }}>
                {format(part.values.reduce((sum, value) => sum + value, 0))}
              </Box>
            </Typography>
          ))}
        </Box>
      </Box>
      <Box
        aria-labelledby={id}
        component="svg"
        // An <img> cannot hold lines; this svg is one picture to those who hear it.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="img"
        sx={{ display: 'block', width: '100%', height: 'auto' }}
        viewBox={`0 0 ${width} ${HEIGHT}`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line
              stroke={palette.divider}
              x1={LEFT}
              x2={width - 6}
              y1={TOP + TALL - height(tick)}
              y2={TOP + TALL - height(tick)}
            />
            <text
              {...text}
              fill={palette.text.secondary}
              textAnchor="end"
              x={LEFT - 8}
              y={TOP + TALL - height(tick) + 4}
            >
              {format(tick)}
            </text>
          </g>
        ))}
        {labels.map((label, index) => {
          const x = LEFT + slot * (index + 0.5) - bar / 2;
          const told = parts.map((part) => `${part.label} ${format(part.values[index] ?? 0)}`).join(', ');
          let below = 0;
          return (
            <g key={label}>
              <title>{`${label}: ${told}`}</title>
              <rect fill="transparent" height={TALL} width={slot} x={LEFT + slot * index} y={TOP} />
              {parts.map((part) => {
                const tall = height(part.values[index] ?? 0);
                below += tall;
                return (
                  <rect
                    fill={part.color}
                    height={tall}
                    key={part.key}
                    rx={Math.min(2, tall)}
                    width={bar}
                    x={x}
                    y={TOP + TALL - below}
                  />
                );
              })}
              {index % every === 0 && (
                <text
                  {...text}
                  fill={palette.text.secondary}
                  textAnchor="middle"
                  x={LEFT + slot * (index + 0.5)}
                  y={HEIGHT - 5}
                >
                  {label}
                </text>
              )}
            </g>
          );
        })}
      </Box>
    </Box>
  );
}
