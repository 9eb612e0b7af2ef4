/** What can be done with a persona besides talking to it. The house's are changed by staff only. */
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import EditIcon from '@mui/icons-material/DriveFileRenameOutlineRounded';
import CopyIcon from '@mui/icons-material/ContentCopyRounded';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useTranslation } from 'react-i18next';
import type { Persona } from '@/shared/api/types';

export interface PersonaTarget {
  persona: Persona;
  anchor: HTMLElement;
}

interface PersonaMenuProps {
  target: PersonaTarget | null;
  isStaff: boolean;
  onClose: () => void;
  onEdit: (persona: Persona) => void;
  onCopy: (persona: Persona) => void;
  onExport: (persona: Persona) => void;
  onDelete: (persona: Persona) => void;
}

export function PersonaMenu({ target, isStaff, onClose, onEdit, onCopy, onExport, onDelete }: PersonaMenuProps) {
  const { t } = useTranslation();
  const mayChange = target !== null && (target.persona.is_own || isStaff);
  const run = (act: (persona: Persona) => void) => () => {
    onClose();
    if (target) act(target.persona);
  };
  return (
    <Menu anchorEl={target?.anchor ?? null} open={target !== null} onClose={onClose}>
      {mayChange && (
        <MenuItem onClick={run(onEdit)}>
          <EditIcon fontSize="small" />
          {t('personas.edit')}
        </MenuItem>
      )}
      <MenuItem onClick={run(onCopy)}>
        <CopyIcon fontSize="small" />
        {t('personas.copy')}
      </MenuItem>
      <MenuItem onClick={run(onExport)}>
        <DownloadIcon fontSize="small" />
        {t('personas.export')}
      </MenuItem>
      {mayChange && (
        <MenuItem onClick={run(onDelete)} sx={{ color: 'error.main' }}>
          <DeleteIcon fontSize="small" />
          {t('personas.delete')}
        </MenuItem>
      )}
    </Menu>
  );
}
