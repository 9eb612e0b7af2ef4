/** A passage in its document, with the words of question and answer marked. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import RedoIcon from '@mui/icons-material/ReplayRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Marked, trimmed } from '@/shared/ui/Marked';
import { usePassages } from './useSources';

/** A citation, or a passage that was searched for. */
export interface Opened {
  /** Its number in the answer. */
  n?: number;
  document: number;
  chunk: number;
  title: string;
  page: number | null;
  score: number | null;
}

interface PassagePanelProps {
  citation: Opened;
  /** What the marks are of. */
  words: string;
  /** Makes the answer anew, without this passage. */
  onWithout?: () => void;
  onClose: () => void;
}

export function PassagePanel({ citation, words, onWithout, onClose }: PassagePanelProps) {
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
            {citation.n !== undefined && `[${citation.n}] `}
            {citation.title}
          </Typography>
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {[
              citation.page ? t('sources.page', { page: citation.page }) : '',
              citation.score === null ? '' : t('sources.score', { score: Math.round(citation.score * 100) }),
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
          <Marked {...trimmed(passage)} />
        </Box>
      ))}
      {onWithout && (
        <Button color="inherit" startIcon={<RedoIcon />} onClick={onWithout} sx={{ alignSelf: 'flex-start', mt: 2 }}>
          {t('sources.withoutPassage')}
        </Button>
      )}
    </Drawer>
  );
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
