/** The name at the foot of the side bar, and behind it: appearance, language, shortcuts, administration, sign out. */
import AdminIcon from '@mui/icons-material/AdminPanelSettingsOutlined';
import KeyboardIcon from '@mui/icons-material/KeyboardOutlined';
import LogoutIcon from '@mui/icons-material/LogoutRounded';
import UnfoldIcon from '@mui/icons-material/UnfoldMoreRounded';
import Avatar from '@mui/material/Avatar';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '@/shared/api/types';
import { PreferenceChoices } from './PreferenceChoices';

interface AccountMenuProps {
  user: User;
  onLogout: () => void;
  onShortcuts: () => void;
}

export function AccountMenu({ user, onLogout, onShortcuts }: AccountMenuProps) {
  const { t } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const name = user.display_name || user.username;
  const close = () => setAnchor(null);
  const then = (act: () => void) => () => {
    close();
    act();
  };
  return (
    <>
      <Button
        fullWidth
        color="inherit"
        aria-haspopup="menu"
        aria-label={`${t('settings.account')}: ${name}`}
        onClick={(event) => setAnchor(event.currentTarget)}
        endIcon={<UnfoldIcon sx={{ color: 'text.secondary' }} />}
        sx={{ px: 1, py: 0.75, gap: 1.25, justifyContent: 'flex-start' }}
      >
        <Avatar
          sx={{ width: 30, height: 30, fontSize: '0.85rem', bgcolor: 'primary.main', color: 'primary.contrastText' }}
        >
          {[...name][0]?.toUpperCase()}
        </Avatar>
        <Box
          component="span"
          sx={{
            flex: 1,
            textAlign: 'left',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
            fontWeight: 550,
          }}
        >
          {name}
        </Box>
      </Button>
      <Menu
        anchorEl={anchor}
        open={anchor !== null}
        onClose={close}
        slotProps={{ paper: { sx: { width: 264 } } }}
        anchorOrigin={{ vertical: 'top', horizontal: 'left' }}
        transformOrigin={{ vertical: 'bottom', horizontal: 'left' }}
      >
        <PreferenceChoices user={user} />
        <Divider />
        <MenuItem onClick={then(onShortcuts)}>
          <KeyboardIcon fontSize="small" />
          {t('settings.shortcuts')}
        </MenuItem>
        {user.is_staff && (
          <MenuItem component="a" href="/admin/">
            <AdminIcon fontSize="small" />
            {t('settings.admin')}
          </MenuItem>
        )}
        <MenuItem onClick={then(onLogout)}>
          <LogoutIcon fontSize="small" />
          {t('auth.logout')}
        </MenuItem>
      </Menu>
    </>
  );
}
