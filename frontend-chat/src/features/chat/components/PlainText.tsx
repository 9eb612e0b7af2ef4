/** The stored characters, each of them: as the source view, and while the Markdown reader is being loaded. */
import Box from '@mui/material/Box';
import { MONO } from '../markdown/proseStyle';

export function PlainText({ text, isSource = false }: { text: string; isSource?: boolean }) {
  return (
    <Box
      component={isSource ? 'pre' : 'div'}
      data-testid={isSource ? 'message-source' : undefined}
      sx={{
        m: 0,
        whiteSpace: 'pre-wrap',
        overflowWrap: 'anywhere',
        ...(isSource && { fontFamily: MONO, fontSize: '0.9rem' }),
      }}
    >
      {text}
    </Box>
  );
}
