/** All that is remembered of the reader: facts first, then earlier turns; each can be put right or forgotten. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import EditIcon from '@mui/icons-material/EditOutlined';
import SearchIcon from '@mui/icons-material/SearchRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Memory } from '@/shared/api/memory';
import { Loading } from '@/shared/ui/Loading';
import { useDebounced } from '@/shared/ui/useDebounced';
import { MemoryDialog } from './MemoryDialog';
import { useMemories, useMemoryActs } from './useMemories';

const ASK_AFTER_MS = 200;
const KINDS = ['fact', 'turn'] as const;

export function MemoryList() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState<Memory | null>(null);
  const asked = useDebounced(query.trim(), ASK_AFTER_MS);
  const found = { fact: useMemories('fact', asked), turn: useMemories('turn', asked) };
  const { forget } = useMemoryActs();
  const rowsOf = (kind: Memory['kind']) => found[kind].data?.pages.flatMap((page) => page.results);
  const missing = KINDS.filter((kind) => !rowsOf(kind)).map((kind) => found[kind]);
  const failure = missing.find(({ error }) => error !== null)?.error;
  const refetch = () => Promise.all(missing.map((each) => each.refetch()));
  return (
    <>
      <TextField
        fullWidth
        size="small"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        placeholder={t('memory.search')}
        slotProps={{
          htmlInput: { 'aria-label': t('memory.search') },
          input: {
            startAdornment: (
              <InputAdornment position="start">
                <SearchIcon fontSize="small" />
              </InputAdornment>
            ),
          },
        }}
        sx={{ mb: 3, maxWidth: 420 }}
      />
      {missing.length > 0 && <Loading of={{ error: failure, refetch }} height={200} />}
      {KINDS.every((kind) => rowsOf(kind)?.length === 0) && (
        <Typography sx={{ color: 'text.secondary' }}>{t(query ? 'memory.nothingFound' : 'memory.none')}</Typography>
      )}
      {KINDS.map((kind) => {
        const rows = rowsOf(kind) ?? [];
        const { hasNextPage, isFetchingNextPage, fetchNextPage } = found[kind];
        return (
          rows.length > 0 && (
            <Box key={kind} component="section" aria-label={t(`memory.kinds.${kind}`)} sx={{ mb: 4 }}>
              <Typography variant="h3" component="h2" sx={{ fontSize: '1rem', fontWeight: 650, mb: 1 }}>
                {t(`memory.kinds.${kind}`)}
              </Typography>
              <Box component="ul" sx={listStyle}>
                {rows.map((memory) => (
                  <Row key={memory.id} memory={memory} onEdit={setOpen} onForget={(id) => forget.mutate(id)} />
                ))}
              </Box>
              {hasNextPage && (
                <Button
                  sx={{ mt: 1 }}
                  loading={isFetchingNextPage}
                  onClick={() => fetchNextPage().catch(() => undefined)}
                >
                  {t('memory.more')}
                </Button>
              )}
            </Box>
          )
        );
      })}
      {open && <MemoryDialog memory={open} onClose={() => setOpen(null)} />}
    </>
  );
}

interface RowProps {
  memory: Memory;
  onEdit: (memory: Memory) => void;
  onForget: (id: number) => void;
}

function Row({ memory, onEdit, onForget }: RowProps) {
  const { t, i18n } = useTranslation();
  const date = new Intl.DateTimeFormat(i18n.resolvedLanguage, { dateStyle: 'medium' });
  const isReplaced = memory.replaced_by !== null;
  return (
    <Box component="li" sx={rowStyle}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography
          sx={{
            overflowWrap: 'anywhere',
            ...(isReplaced && { color: 'text.secondary', textDecoration: 'line-through' }),
          }}
        >
          {memory.text}
        </Typography>
        <Typography variant="caption" sx={{ color: 'text.secondary' }}>
          {date.format(new Date(memory.created_at))}
          {memory.found_by !== null && ` · ${t('memory.foundBy', { model: memory.found_by })}`}
          {isReplaced && ` · ${t('memory.replaced')}`}
          {memory.session !== null && (
            <>
              {' · '}
              <Box component={Link} to={`/c/${memory.session}`} sx={{ color: 'inherit' }}>
                {t('memory.chat')}
              </Box>
            </>
          )}
        </Typography>
      </Box>
      <IconButton aria-label={t('memory.editOne', { text: memory.text })} onClick={() => onEdit(memory)}>
        <EditIcon fontSize="small" />
      </IconButton>
      <IconButton aria-label={t('memory.forgetOne', { text: memory.text })} onClick={() => onForget(memory.id)}>
        <DeleteIcon fontSize="small" />
      </IconButton>
    </Box>
  );
}

const listStyle = { listStyle: 'none', p: 0, m: 0, display: 'grid', gap: 1 } as const;
const rowStyle = {
  display: 'flex',
  alignItems: 'center',
  gap: 0.5,
  pl: 2,
  pr: 1,
  py: 1,
  border: 1,
  borderColor: 'divider',
  borderRadius: '14px',
  bgcolor: 'background.paper',
} as const;
