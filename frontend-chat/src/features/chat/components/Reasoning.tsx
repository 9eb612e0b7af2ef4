/** What the model thought before it answered, folded away, with how long it took. */
import ThoughtIcon from '@mui/icons-material/LightbulbOutlined';
import Box from '@mui/material/Box';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';

interface ReasoningProps {
  text: string;
  isThinking: boolean;
  /** As the server measured it; null until the answer has ended. */
  durationMs: number | null;
}

export function Reasoning({ text, isThinking, durationMs }: ReasoningProps) {
  const { t } = useTranslation();
  const title = isThinking
    ? t('chat.reasoningNow')
    : durationMs === null
      ? t('chat.reasoning')
      : t('chat.thoughtFor', { duration: durationText(t, durationMs) });
  return (
    <Box
      component="details"
      data-testid="reasoning"
      sx={{
        mb: 1.5,
        color: 'text.secondary',
        fontSize: '0.9rem',
        '& summary': { cursor: 'pointer', py: 0.5, width: 'fit-content', borderRadius: '8px', listStyle: 'none' },
        '& summary::-webkit-details-marker': { display: 'none' },
        '& summary:hover': { color: 'text.primary' },
        '& summary svg': { fontSize: 17, verticalAlign: '-3px', mr: 0.75 },
        '&[open] summary': { mb: 0.75 },
      }}
    >
      <summary>
        <ThoughtIcon aria-hidden="true" />
        {title}
      </summary>
      <Box sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', borderLeft: 2, borderColor: 'divider', pl: 2 }}>
        {text}
      </Box>
    </Box>
  );
}

function durationText(t: TFunction, ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return t('chat.durationSeconds', { count: seconds });
  return t('chat.durationMinutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
