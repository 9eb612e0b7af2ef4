/** Where the time of an answer went: in line, reading, writing. The figures stand below it; the bar is for the eye. */
import Box from '@mui/material/Box';
import type { Metadata } from '@/shared/api/types';

export function TimeBar({ metadata }: { metadata: Metadata }) {
  const parts = [
    { ms: metadata.queue_ms ?? 0, color: 'divider' },
    { ms: metadata.prefill_ms ?? 0, color: 'secondary.main' },
    { ms: metadata.decode_ms ?? 0, color: 'primary.main' },
  ];
  const all = parts.reduce((sum, part) => sum + part.ms, 0);
  if (all === 0) return null;
  return (
    <Box
      aria-hidden="true"
      sx={{ display: 'flex', gap: '2px', height: 8, mb: 1, borderRadius: '4px', overflow: 'hidden' }}
    >
      {parts
        .filter((part) => part.ms > 0)
        .map((part) => (
          <Box key={part.color} sx={{ flex: `${part.ms / all} 0 0`, minWidth: 3, bgcolor: part.color }} />
        ))}
    </Box>
  );
}
