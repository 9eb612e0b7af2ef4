/** A row while several are selected: a box to tick instead of a link. */
import CheckedIcon from '@mui/icons-material/CheckBoxRounded';
import OpenIcon from '@mui/icons-material/CheckBoxOutlineBlankRounded';
import Box from '@mui/material/Box';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { useListUi } from './listUi';

export default function SelectableRow({ session, isSelected }: { session: Session; isSelected: boolean }) {
  const { t } = useTranslation();
  const select = useListUi((state) => state.select);
  const Icon = isSelected ? CheckedIcon : OpenIcon;
  return (
    <ListItem disablePadding data-testid="session" data-session-id={session.id}>
      <ListItemButton
        role="checkbox"
        aria-checked={isSelected}
        onClick={() => select(session)}
        sx={{ borderRadius: '10px', py: 0.9, px: 1, gap: 1, minHeight: 40 }}
      >
        <Icon fontSize="small" color={isSelected ? 'primary' : 'disabled'} />
        <Box
          component="span"
          sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', fontSize: '0.9rem' }}
        >
          {session.title || t('sessions.untitled')}
        </Box>
      </ListItemButton>
    </ListItem>
  );
}
