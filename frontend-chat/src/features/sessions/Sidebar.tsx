/** The side bar: mark, new chat, search, list, and a place for the account menu. */
import AddIcon from '@mui/icons-material/AddCommentOutlined';
import ArchiveIcon from '@mui/icons-material/ArchiveOutlined';
import BackIcon from '@mui/icons-material/ArrowBackRounded';
import TemporaryIcon from '@mui/icons-material/HistoryToggleOffRounded';
import ClearIcon from '@mui/icons-material/CloseRounded';
import HideIcon from '@mui/icons-material/MenuOpenRounded';
import SearchIcon from '@mui/icons-material/SearchRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import InputBase from '@mui/material/InputBase';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { lazy, type ReactNode, type RefObject, Suspense, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Logo } from '@/shared/ui/Logo';
import { useDebounced } from '@/shared/ui/useDebounced';
import { withTexts } from '@/shared/i18n';
import { ListSkeleton, SessionList } from './SessionList';

const SearchResults = lazy(() => withTexts(import('./SearchResults')));

interface SidebarProps {
  openSession: number | null;
  searchRef: RefObject<HTMLInputElement | null>;
  /** Ways to other pages. */
  links: ReactNode;
  account: ReactNode;
  onHide: () => void;
  onNavigate: () => void;
  onDeleted: (id: number) => void;
}

export function Sidebar({ openSession, searchRef, links, account, onHide, onNavigate, onDeleted }: SidebarProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [isArchive, setIsArchive] = useState(false);
  const query = useDeferredValue(useDebounced(search.trim(), 200));
  return (
    <Box
      component="nav"
      aria-label={t('sessions.title')}
      sx={{ height: '100%', display: 'flex', flexDirection: 'column', bgcolor: 'surface.side' }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, px: 2, pt: 1.5, pb: 1 }}>
        <Logo size={26} />
        <Typography component="span" sx={{ flex: 1, fontWeight: 700, letterSpacing: '-0.01em' }}>
          {t('app.name')}
        </Typography>
        <IconButton aria-label={t('sessions.hide')} onClick={onHide} size="small">
          <HideIcon fontSize="small" />
        </IconButton>
      </Box>
      <Box sx={{ px: 1.5, display: 'grid', gap: 1 }}>
        <Box sx={{ display: 'flex', gap: 1 }}>
          <Button
            component={Link}
            to="/"
            onClick={onNavigate}
            color="inherit"
            startIcon={<AddIcon />}
            sx={{
              flex: 1,
              justifyContent: 'flex-start',
              px: 1.5,
              py: 0.9,
              bgcolor: 'background.paper',
              border: 1,
              borderColor: 'divider',
            }}
          >
            {t('sessions.new')}
          </Button>
          <Tooltip title={t('sessions.temporary')}>
            <IconButton component={Link} to="/?temporary" onClick={onNavigate} aria-label={t('sessions.temporary')}>
              <TemporaryIcon fontSize="small" />
            </IconButton>
          </Tooltip>
        </Box>
        {links}
        <InputBase
          inputRef={searchRef}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setSearch('')}
          placeholder={t('sessions.search')}
          inputProps={{ 'aria-label': t('sessions.search'), type: 'text', enterKeyHint: 'search' }}
          startAdornment={<SearchIcon fontSize="small" sx={{ mr: 1, color: 'text.secondary' }} />}
          endAdornment={
            search !== '' && (
              <IconButton size="small" aria-label={t('sessions.clearSearch')} onClick={() => setSearch('')}>
                <ClearIcon fontSize="small" />
              </IconButton>
            )
          }
          sx={{
            px: 1.5,
            height: 38,
            fontSize: '0.9rem',
            borderRadius: '10px',
            '&:hover': { bgcolor: 'surface.hover' },
            '&.Mui-focused': { bgcolor: 'surface.hover' },
          }}
        />
      </Box>
      <Box sx={{ flex: 1, minHeight: 0, overflowY: 'auto', px: 1.5, pt: 1.5 }}>
        {query === '' ? (
          <SessionList openSession={openSession} isArchive={isArchive} onNavigate={onNavigate} onDeleted={onDeleted} />
        ) : (
          <Suspense fallback={<ListSkeleton />}>
            <SearchResults query={query} onNavigate={onNavigate} />
          </Suspense>
        )}
      </Box>
      <Box sx={{ px: 1.5, pb: 0.5 }}>
        <Button
          fullWidth
          size="small"
          color="inherit"
          aria-pressed={isArchive}
          startIcon={isArchive ? <BackIcon /> : <ArchiveIcon />}
          onClick={() => setIsArchive(!isArchive)}
          sx={{ justifyContent: 'flex-start', px: 1.5, color: 'text.secondary', fontWeight: 500 }}
        >
          {t(isArchive ? 'sessions.leaveArchive' : 'sessions.archive')}
        </Button>
      </Box>
      <Box sx={{ p: 1, borderTop: 1, borderColor: 'divider' }}>{account}</Box>
    </Box>
  );
}
