/** The memories an answer was made with, how near each was to the question, and the way to an answer without one of them. */
import RedoIcon from '@mui/icons-material/ReplayRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Skeleton from '@mui/material/Skeleton';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useAnswerWithout, useRecall } from './useSources';

export function MemoriesUsed({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { data } = useRecall(message.id, true);
  const { mutate: answerWithout, isPending } = useAnswerWithout();
  if (!data) return <Skeleton variant="rounded" sx={{ width: '100%' }} height={48} />;
  return (
    <Box component="ul" aria-label={t('sources.memoriesUsed')} sx={listStyle}>
      {data.results
        .filter(({ kind }) => kind !== 'chunk')
        .map((memory) => (
          <Box component="li" key={memory.id} sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
            <Typography variant="body2" sx={{ flex: 1, overflowWrap: 'anywhere' }}>
              {memory.text ?? t('sources.forgotten')}
            </Typography>
            <Typography variant="caption" sx={{ color: 'text.secondary' }}>
              {Math.round(memory.score * 100)} %
            </Typography>
            <Tooltip title={t('sources.without')}>
              <span>
                <IconButton
                  size="small"
                  aria-label={t('sources.without')}
                  disabled={isPending || memory.text === null}
                  onClick={() => answerWithout({ message: message.id, entry: memory.id })}
                >
                  <RedoIcon fontSize="small" />
                </IconButton>
              </span>
            </Tooltip>
          </Box>
        ))}
    </Box>
  );
}

const listStyle = {
  listStyle: 'none',
  width: '100%',
  m: 0,
  px: 1.5,
  py: 1,
  border: 1,
  borderColor: 'divider',
  borderRadius: '14px',
} as const;
