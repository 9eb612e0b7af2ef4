/** A passage in its document, with the words of question and answer marked. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { Marked } from './Marked';
import { usePassages } from './useSources';

interface PassagePanelProps {
  citation: Message['citations'][number];
  /** What the marks are of. */
  words: string;
  onClose: () => void;
}

export function PassagePanel({ citation, words, onClose }: PassagePanelProps) {
  const { t } = useTranslation();
  const { data, isError } = usePassages(citation.document, citation.chunk, words);
  return (
    <Drawer
      anchor="right"
      open
      onClose={onClose}
      slotProps={{ paper: { 'aria-label': t('sources.passage'), sx: { width: { xs: '100%', sm: 460 }, p: 2.5 } } }}
    >
      <Box sx={{ display: 'flex', alignItems: 'flex-start', gap: 1, mb: 2 }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography variant="h2" sx={{ fontSize: '1.1rem', fontWeight: 650, overflowWrap: 'anywhere' }}>
            [{citation.n}] {citation.title}
          </Typography>
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {[
              citation.page ? t('sources.page', { page: citation.page }) : '',
              t('sources.score', { score: Math.round(citation.score * 100) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </Typography>
        </Box>
        <IconButton aria-label={t('sources.close')} onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </Box>
      {!data && !isError && <Skeleton variant="rounded" height={220} />}
      {isError && <Typography sx={{ color: 'text.secondary' }}>{t('sources.gone')}</Typography>}
      {data?.results.map((passage) => (
        <Box
          key={passage.id}
          component={passage.id === citation.chunk ? 'section' : 'div'}
          aria-label={passage.id === citation.chunk ? t('sources.passage') : undefined}
          sx={passage.id === citation.chunk ? citedStyle : aroundStyle}
        >
          <Marked text={passage.text.trim()} ranges={shifted(passage)} />
        </Box>
      ))}
    </Drawer>
  );
}

/** Ranges count from the untrimmed text. */
function shifted({ text, ranges }: { text: string; ranges: number[][] }): [number, number][] {
  const cut = [...text].length - [...text.trimStart()].length;
  return ranges.map(([start = 0, end = 0]) => [Math.max(0, start - cut), Math.max(0, end - cut)]);
}

const aroundStyle = { px: 2, py: 0.75, color: 'text.secondary', whiteSpace: 'pre-wrap', lineHeight: 1.7 } as const;
const citedStyle = {
  ...aroundStyle,
  color: 'text.primary',
  my: 1,
  py: 1.5,
  bgcolor: 'surface.hover',
  borderLeft: 3,
  borderColor: 'primary.main',
  borderRadius: '4px 14px 14px 4px',
} as const;
