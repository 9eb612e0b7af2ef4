/** Finds passages in all documents by words and by likeness; a press opens one in its document. */
import ClearIcon from '@mui/icons-material/CloseRounded';
import SearchIcon from '@mui/icons-material/SearchRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import LinearProgress from '@mui/material/LinearProgress';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Passage } from '@/shared/api/memory';
import { Loading } from '@/shared/ui/Loading';
import { Marked, trimmed } from '@/shared/ui/Marked';
import { useDebounced } from '@/shared/ui/useDebounced';
import { useFound } from './useDocuments';

const ASK_AFTER_MS = 300;

interface DocumentSearchProps {
  words: string;
  onWords: (words: string) => void;
  onOpen: (passage: Passage) => void;
}

export function DocumentSearch({ words, onWords, onOpen }: DocumentSearchProps) {
  const { t } = useTranslation();
  const asked = useDebounced(words.trim(), ASK_AFTER_MS);
  const { data, error, isFetching, refetch } = useFound(asked);
  return (
    <Box role="search" sx={{ mb: 3 }}>
      <TextField
        fullWidth
        size="small"
        value={words}
        placeholder={t('documents.search')}
        onChange={(event) => onWords(event.target.value)}
        slotProps={{
          htmlInput: { 'aria-label': t('documents.search') },
          input: {
            startAdornment: (
              <InputAdornment position="start">
                <SearchIcon fontSize="small" />
              </InputAdornment>
            ),
            endAdornment: words !== '' && (
              <IconButton size="small" aria-label={t('documents.clearSearch')} onClick={() => onWords('')}>
                <ClearIcon fontSize="small" />
              </IconButton>
            ),
          },
        }}
      />
      {isFetching && <LinearProgress aria-label={t('documents.search')} sx={{ mt: 1 }} />}
      {data && asked.length > 1 && words !== '' && (
        <Box
          component="ul"
          aria-label={t('documents.found')}
          sx={{ listStyle: 'none', p: 0, mt: 2, display: 'grid', gap: 1 }}
        >
          {data.results.map((passage) => (
            <li key={passage.id}>
              <Box component="button" type="button" onClick={() => onOpen(passage)} sx={hitStyle}>
                <Typography component="span" sx={{ fontWeight: 600, display: 'block' }} noWrap>
                  {passage.title}
                  {passage.page !== null && ` · ${t('documents.page', { page: passage.page })}`}
                </Typography>
                <Typography component="span" variant="body2" sx={textStyle}>
                  <Marked {...trimmed(passage)} />
                </Typography>
              </Box>
            </li>
          ))}
        </Box>
      )}
      {error && words !== '' && <Loading of={{ error, refetch }} height={0} />}
      <Typography role="status" variant="body2" sx={{ color: 'text.secondary', mt: 1 }}>
        {data?.results.length === 0 && words !== '' ? t('documents.foundNothing') : ''}
      </Typography>
    </Box>
  );
}

const hitStyle = {
  width: '100%',
  textAlign: 'left',
  font: 'inherit',
  color: 'inherit',
  cursor: 'pointer',
  px: 2,
  py: 1.25,
  border: 1,
  borderColor: 'divider',
  borderRadius: '14px',
  bgcolor: 'background.paper',
  '&:hover': { bgcolor: 'surface.hover' },
  '&:focus-visible': { outline: 2, outlineStyle: 'solid', outlineColor: 'primary.main' },
} as const;
const textStyle = {
  color: 'text.secondary',
  display: '-webkit-box',
  WebkitLineClamp: 3,
  WebkitBoxOrient: 'vertical',
  overflow: 'hidden',
  overflowWrap: 'anywhere',
} as const;
