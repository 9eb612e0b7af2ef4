/** What can be done with one session of the list. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import EditIcon from '@mui/icons-material/DriveFileRenameOutlineRounded';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import PinIcon from '@mui/icons-material/PushPinOutlined';
import Divider from '@mui/material/Divider';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useTranslation } from 'react-i18next';
import { sessions } from '@/shared/api/endpoints';
import type { Session } from '@/shared/api/types';

export interface MenuTarget {
  session: Session;
  anchor: HTMLElement;
}

interface SessionMenuProps {
  target: MenuTarget | null;
  onClose: () => void;
  onRename: (session: Session) => void;
  onPin: (session: Session) => void;
  onDelete: (session: Session) => void;
}

export function SessionMenu({ target, onClose, onRename, onPin, onDelete }: SessionMenuProps) {
  const { t } = useTranslation();
  const run = (act: (session: Session) => void) => () => {
    onClose();
    if (target) act(target.session);
  };
  const download = (as: 'json' | 'markdown') => target && sessions.exportUrl(target.session.id, as);
  return (
    <Menu
      anchorEl={target?.anchor ?? null}
      open={target !== null}
      onClose={onClose}
      slotProps={{ paper: { role: 'dialog', 'aria-label': t('sessions.menu') } }}
    >
      <MenuItem onClick={run(onRename)}>
        <EditIcon fontSize="small" />
        {t('sessions.rename')}
      </MenuItem>
      <MenuItem onClick={run(onPin)}>
        <PinIcon fontSize="small" />
        {t(target?.session.pinned ? 'sessions.unpin' : 'sessions.pin')}
      </MenuItem>
      <MenuItem component="a" href={download('markdown') ?? ''} download onClick={onClose}>
        <DownloadIcon fontSize="small" />
        {t('sessions.exportMarkdown')}
      </MenuItem>
      <MenuItem component="a" href={download('json') ?? ''} download onClick={onClose}>
        <DownloadIcon fontSize="small" />
        {t('sessions.exportJson')}
      </MenuItem>
      <Divider />
      <MenuItem onClick={run(onDelete)} sx={{ color: 'error.main' }}>
        <DeleteIcon fontSize="small" />
        {t('sessions.delete')}
      </MenuItem>
    </Menu>
  );
}
