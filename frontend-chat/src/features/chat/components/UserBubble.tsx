/** The bubble around the user's words, also while they are on their way. */
import Box from '@mui/material/Box';

export function UserBubble({ text, isPending = false }: { text: string; isPending?: boolean }) {
  return (
    <Box
      data-testid="message-text"
      sx={{
        maxWidth: { xs: '92%', sm: '85%' },
        bgcolor: 'surface.bubble',
        borderRadius: '20px 20px 6px 20px',
        px: 2.25,
        py: 1.25,
        whiteSpace: 'pre-wrap',
        overflowWrap: 'anywhere',
        lineHeight: 1.65,
        opacity: isPending ? 0.75 : 1,
      }}
    >
      {text}
    </Box>
  );
}
