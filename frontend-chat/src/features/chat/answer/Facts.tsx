/** Names and values under a heading. A fact without a value is left out. */
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';

export type Fact = readonly [name: ReactNode, value: ReactNode];

export function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box component="section" sx={{ mt: 2.5, '& p': { m: 0, fontSize: '0.875rem', color: 'text.secondary' } }}>
      <Typography component="h3" sx={{ fontSize: '0.8rem', fontWeight: 650, color: 'text.secondary', mb: 0.75 }}>
        {title}
      </Typography>
      {children}
    </Box>
  );
}

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <Box
      component="dl"
      sx={{
        m: 0,
        display: 'grid',
        gridTemplateColumns: 'minmax(0, 1fr) auto',
        columnGap: 2,
        rowGap: 0.5,
        fontSize: '0.875rem',
        '& dt': { color: 'text.secondary' },
        '& dd': { m: 0, textAlign: 'right', overflowWrap: 'anywhere', fontVariantNumeric: 'tabular-nums' },
        '& code': { fontFamily: 'inherit' },
      }}
    >
      {facts
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value], index) => (
          // The rows of one list never change places.
          // oxlint-disable-next-line react/no-array-index-key
          <Box key={index} sx={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Box>
        ))}
    </Box>
  );
}
