/** One row of the list: a link, its menu button, and in place of the title a field while it is renamed. */
import MoreIcon from '@mui/icons-material/MoreHorizRounded';
import PinIcon from '@mui/icons-material/PushPin';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Session } from '@/shared/api/types';
import { RenameField } from './RenameField';

interface SessionItemProps {
  session: Session;
  isOpen: boolean;
  isUnread: boolean;
  isRenaming: boolean;
  onMenu: (session: Session, anchor: HTMLElement) => void;
  onRename: (session: Session, title: string | null) => void;
  onNavigate: () => void;
}

export const SessionItem = memo(function SessionItem(props: SessionItemProps) {
  const { session, isOpen, isUnread, isRenaming, onMenu, onRename, onNavigate } = props;
  const { t } = useTranslation();
  const title = session.title || t('sessions.untitled');
  if (isRenaming) {
    return (
      <ListItem disablePadding>
        <RenameField title={session.title} onDone={(next) => onRename(session, next)} />
      </ListItem>
    );
  }
  return (
    <ListItem
      disablePadding
      data-testid="session"
      data-session-id={session.id}
      sx={{ '&:hover .more, &:focus-within .more': { opacity: 1 } }}
    >
      <ListItemButton
        component={Link}
        to={`/c/${session.id}`}
        selected={isOpen}
        aria-current={isOpen ? 'page' : undefined}
        onClick={onNavigate}
        onDoubleClick={() => onRename(session, session.title)}
        sx={{
          borderRadius: '10px',
          py: 0.9,
          pl: 1.5,
          pr: 5,
          minHeight: 40,
          '&.Mui-selected, &.Mui-selected:hover': { bgcolor: 'surface.hover' },
          '&:hover': { bgcolor: 'surface.hover' },
        }}
      >
        <Box
          component="span"
          sx={{
            flex: 1,
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
            fontSize: '0.9rem',
            fontWeight: isUnread ? 650 : 450,
          }}
        >
          {title}
        </Box>
        {session.pinned && (
          <PinIcon sx={{ fontSize: 13, color: 'text.secondary', ml: 0.5, transform: 'rotate(30deg)' }} />
        )}
        {isUnread && (
          <Box
            component="span"
            role="img"
            aria-label={t('sessions.unread')}
            sx={{ width: 8, height: 8, borderRadius: 4, bgcolor: 'primary.main', ml: 1 }}
          />
        )}
      </ListItemButton>
      <IconButton
        className="more"
        size="small"
        aria-label={t('sessions.actions', { title })}
        aria-haspopup="menu"
        onClick={(event) => onMenu(session, event.currentTarget)}
        sx={{
          position: 'absolute',
          right: 6,
          opacity: isOpen ? 1 : 0,
          '@media (hover: none)': { opacity: 1 },
          '&:focus-visible': { opacity: 1 },
        }}
      >
        <MoreIcon fontSize="small" />
      </IconButton>
    </ListItem>
  );
});
