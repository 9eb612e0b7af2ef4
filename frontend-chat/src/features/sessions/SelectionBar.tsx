/** What can be done with all that are selected. Stands over the foot of the side bar. */
import ArchiveIcon from '@mui/icons-material/ArchiveOutlined';
import CloseIcon from '@mui/icons-material/CloseRounded';
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import FolderIcon from '@mui/icons-material/DriveFileMoveOutlined';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { useListUi } from './listUi';

interface SelectionBarProps {
  sessions: readonly Session[];
  onArchive: (sessions: readonly Session[]) => void;
  onFolder: (sessions: readonly Session[]) => void;
  onDelete: (sessions: readonly Session[]) => void;
}

export function SelectionBar({ sessions, onArchive, onFolder, onDelete }: SelectionBarProps) {
  const { t } = useTranslation();
  const end = useListUi((state) => state.endSelection);
  const acts = [
    { label: t('organise.archive'), icon: <ArchiveIcon fontSize="small" />, run: onArchive },
    { label: t('organise.move'), icon: <FolderIcon fontSize="small" />, run: onFolder },
    { label: t('sessions.delete'), icon: <DeleteIcon fontSize="small" />, run: onDelete },
  ];
  return (
    <Box role="toolbar" aria-label={t('organise.selection')} sx={barStyle}>
      <IconButton size="small" aria-label={t('organise.endSelection')} onClick={end}>
        <CloseIcon fontSize="small" />
      </IconButton>
      <Typography role="status" variant="body2" sx={{ flex: 1 }}>
        {t('organise.nSelected', { count: sessions.length })}
      </Typography>
      {acts.map(({ label, icon, run }) => (
        <Tooltip key={label} title={label}>
          <span>
            <IconButton size="small" aria-label={label} disabled={sessions.length === 0} onClick={() => run(sessions)}>
              {icon}
            </IconButton>
          </span>
        </Tooltip>
      ))}
    </Box>
  );
}

const barStyle = {
  position: 'sticky',
  top: 0,
  zIndex: 1,
  display: 'flex',
  alignItems: 'center',
  gap: 0.5,
  p: 0.5,
  mb: 1,
  borderRadius: '10px',
  border: 1,
  borderColor: 'divider',
  bgcolor: 'background.paper',
} as const;
