/** A persona's emoji, or the first letter of its name. */
import Box from '@mui/material/Box';
import type { Persona } from '@/shared/api/types';

export function PersonaAvatar({ persona, size = 44 }: { persona: Pick<Persona, 'avatar' | 'name'>; size?: number }) {
  return (
    <Box
      aria-hidden
      sx={{
        width: size,
        height: size,
        flex: 'none',
        display: 'grid',
        placeItems: 'center',
        borderRadius: '50%',
        bgcolor: 'surface.bubble',
        fontSize: size * 0.5,
        lineHeight: 1,
        fontWeight: 600,
      }}
    >
      {persona.avatar || [...persona.name][0]?.toUpperCase()}
    </Box>
  );
}
