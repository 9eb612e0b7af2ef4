/** Folders that open in place. Which are closed is remembered on this device; each loads its own pages when it is open. */
import FolderIcon from '@mui/icons-material/FolderOutlined';
import ExpandIcon from '@mui/icons-material/ExpandMoreRounded';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import List from '@mui/material/List';
import { useId, useState } from 'react';
import type { components } from '@/shared/api/schema';
import { EndMark } from './EndMark';
import { SessionRow } from './SessionRow';
import { useSessionPages } from './useSessions';
import { localKept } from '@/shared/storage';

type Folder = components['schemas']['FolderRow'];
interface Place {
  openSession: number | null;
  onNavigate: () => void;
}

export default function Folders({ folders, ...place }: { folders: readonly Folder[] } & Place) {
  return (
    <Box sx={{ mb: 1.5 }}>
      {folders.map((folder) => (
        <FolderSection key={folder.name} folder={folder} {...place} />
      ))}
    </Box>
  );
}

function FolderSection({ folder, ...place }: { folder: Folder } & Place) {
  const id = useId();
  const key = `maru.folder.open.${folder.name}`;
  const [isOpen, setIsOpen] = useState(() => localKept.getItem(key) === '1');
  const toggle = () => {
    localKept.setItem(key, isOpen ? '0' : '1');
    setIsOpen(!isOpen);
  };
  return (
    <>
      <ButtonBase aria-expanded={isOpen} aria-controls={id} onClick={toggle} data-testid="folder" sx={headStyle}>
        <FolderIcon fontSize="small" sx={{ color: 'text.secondary' }} />
        <Box component="span" sx={{ flex: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
          {folder.name}
        </Box>
        <Box component="span" sx={{ fontSize: '0.78rem', color: 'text.secondary' }}>
          {folder.n_sessions}
        </Box>
        <ExpandIcon
          fontSize="small"
          sx={{ color: 'text.secondary', transform: isOpen ? 'none' : 'rotate(-90deg)', transition: 'transform 120ms' }}
        />
      </ButtonBase>
      <Box id={id} sx={{ pl: 1.5 }}>
        {isOpen && <Inside name={folder.name} {...place} />}
      </Box>
    </>
  );
}

function Inside({ name, openSession, onNavigate }: { name: string } & Place) {
  const pages = useSessionPages({ folder: name, pinned: false });
  const rows = pages.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <>
      <List dense disablePadding aria-label={name}>
        {rows.map((session) => (
          <SessionRow key={session.id} session={session} isOpen={session.id === openSession} onNavigate={onNavigate} />
        ))}
      </List>
      {pages.hasNextPage && <EndMark onSeen={pages.fetchNextPage} isLoading={pages.isFetchingNextPage} />}
    </>
  );
}

const headStyle = {
  width: '100%',
  gap: 1,
  px: 1.5,
  minHeight: 38,
  borderRadius: '10px',
  textAlign: 'left',
  fontSize: '0.9rem',
  '&:hover': { bgcolor: 'surface.hover' },
  '&.Mui-focusVisible': { outline: 2, outlineStyle: 'solid', outlineColor: 'primary.main' },
} as const;
