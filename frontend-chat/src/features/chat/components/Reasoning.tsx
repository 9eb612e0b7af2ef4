/** What the model thought before it answered, folded away. */
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';

export function Reasoning({ text, isThinking }: { text: string; isThinking: boolean }) {
  const { t } = useTranslation();
  return (
    <Box
      component="details"
      data-testid="reasoning"
      sx={{
        mb: 1.5,
        color: 'text.secondary',
        fontSize: '0.9rem',
        '& summary': { cursor: 'pointer', py: 0.5, width: 'fit-content' },
      }}
    >
      <summary>{t(isThinking ? 'chat.reasoningNow' : 'chat.reasoning')}</summary>
      <Box
        sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', borderLeft: 2, borderColor: 'divider', pl: 2, mt: 0.5 }}
      >
        {text}
      </Box>
    </Box>
  );
}
