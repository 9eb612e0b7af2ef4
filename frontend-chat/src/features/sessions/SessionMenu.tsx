/** What can be done with one session of the list. */
import ArchiveIcon from '@mui/icons-material/ArchiveOutlined';
import SelectIcon from '@mui/icons-material/CheckBoxOutlined';
import FolderIcon from '@mui/icons-material/DriveFileMoveOutlined';
import ShareIcon from '@mui/icons-material/IosShareRounded';
import DeleteIcon from '@mui/icons-material/DeleteOutlineRounded';
import EditIcon from '@mui/icons-material/DriveFileRenameOutlineRounded';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import PinIcon from '@mui/icons-material/PushPinOutlined';
import Divider from '@mui/material/Divider';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useTranslation } from 'react-i18next';
import { sessions, type SessionPatch } from '@/shared/api/endpoints';
import type { Session } from '@/shared/api/types';
import { useListUi } from './listUi';

const EXPORTS = {
  markdown: 'sessions.exportMarkdown',
  json: 'sessions.exportJson',
  signed: 'sessions.exportSigned',
} as const;

export function SessionMenu({ onChange }: { onChange: (sessions: readonly Session[], patch: SessionPatch) => void }) {
  const { t } = useTranslation();
  const { menu, closeMenu, rename, ask, select } = useListUi();
  const session = menu?.session;
  const run = (act: (session: Session) => void) => () => {
    closeMenu();
    if (session) act(session);
  };
  const download = (as: keyof typeof EXPORTS) => (session ? sessions.exportUrl(session.id, as) : '');
  const acts = [
    { icon: EditIcon, text: t('sessions.rename'), run: (one: Session) => rename(one.id) },
    {
      icon: PinIcon,
      text: t(session?.pinned ? 'sessions.unpin' : 'sessions.pin'),
      run: (one: Session) => onChange([one], { pinned: !one.pinned }),
    },
    { icon: FolderIcon, text: t('organise.move'), run: (one: Session) => ask('folder', [one]) },
    {
      icon: ArchiveIcon,
      text: t(session?.archived ? 'organise.unarchive' : 'organise.archive'),
      run: (one: Session) => onChange([one], { archived: !one.archived }),
    },
    { icon: ShareIcon, text: t('organise.share'), run: (one: Session) => ask('share', [one]) },
    { icon: SelectIcon, text: t('organise.select'), run: select },
  ];
  return (
    <Menu
      anchorEl={menu?.anchor ?? null}
      open={menu !== null}
      onClose={closeMenu}
      slotProps={{ paper: { role: 'dialog', 'aria-label': t('sessions.menu') } }}
    >
      {acts.map(({ icon: Icon, text, run: act }) => (
        <MenuItem key={text} onClick={run(act)}>
          <Icon fontSize="small" />
          {text}
        </MenuItem>
      ))}
      {(Object.keys(EXPORTS) as (keyof typeof EXPORTS)[]).map((as) => (
        <MenuItem key={as} component="a" href={download(as)} download onClick={closeMenu}>
          <DownloadIcon fontSize="small" />
          {t(EXPORTS[as])}
        </MenuItem>
      ))}
      <Divider />
      <MenuItem onClick={run((one) => ask('delete', [one]))} sx={{ color: 'error.main' }}>
        <DeleteIcon fontSize="small" />
        {t('sessions.delete')}
      </MenuItem>
    </Menu>
  );
}
