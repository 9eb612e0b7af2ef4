/** What stands around a chart: its title and its legend, where each part's figure is said, too. */
import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';

export interface Entry {
  key: string;
  label: string;
  color: string;
  dash?: string;
  value: string;
}

export function Figure({
  title,
  entries,
  children,
}: {
  title: string;
  entries: readonly Entry[];
  children: ReactNode;
}) {
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Box component="figcaption" sx={{ mb: 0.5 }}>
        <Typography component="h2" variant="subtitle2">
          {title}
        </Typography>
        <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2, rowGap: 0.25 }}>
          {entries.map((entry) => (
            <Typography component="span" key={entry.key} sx={{ display: 'inline-flex', gap: 0.75 }} variant="caption">
              <svg aria-hidden height="12" width="18">
                <line
                  stroke={entry.color}
                  strokeDasharray={entry.dash}
                  strokeWidth="2.5"
                  x1="0"
                  x2="18"
                  y1="7"
                  y2="7"
                />
              </svg>
              {entry.label}
              <Box component="span" sx={{ fontVariantNumeric: 'tabular-nums', fontWeight: 600 }}>
                {entry.value}
              </Box>
            </Typography>
          ))}
        </Box>
      </Box>
      {children}
    </Box>
  );
}

/** Of both charts: room for the axes, letters that do not shout. */
export const FRAME = {
  height: 176,
  margin: { left: 0, right: 8, top: 8, bottom: 0 },
  grid: { horizontal: true },
  hideLegend: true,
  skipAnimation: true,
} as const;
export const TICKS = { fontSize: 11 } as const;

/** The axis of figures: from zero, in whole steps, and with a height even where all are zero. */
export function figuresAxis(all: readonly (number | null)[], format: (value: number) => string) {
  const isFlat = !all.some((value) => value !== null && value > 0);
  return {
    min: 0,
    ...(isFlat && { max: 1 }),
    tickMinStep: 1,
    tickNumber: 3,
    width: 52,
    tickLabelStyle: TICKS,
    valueFormatter: (value: number) => format(value),
  };
}
