/** Behind the user's name: appearance, language, shortcuts, administration, sign out. */
import AdminIcon from '@mui/icons-material/AdminPanelSettingsOutlined';
import KeyboardIcon from '@mui/icons-material/KeyboardOutlined';
import SettingsIcon from '@mui/icons-material/SettingsOutlined';
import LogoutIcon from '@mui/icons-material/LogoutRounded';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import Popover from '@mui/material/Popover';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { User } from '@/shared/api/types';
import { PreferenceChoices } from './PreferenceChoices';

interface AccountPopoverProps {
  user: User;
  anchor: HTMLElement | null;
  onClose: () => void;
  onLogout: () => void;
  onShortcuts: () => void;
}

export default function AccountPopover({ user, anchor, onClose, onLogout, onShortcuts }: AccountPopoverProps) {
  const { t } = useTranslation();
  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Popover
      anchorEl={anchor}
      open={anchor !== null}
      onClose={onClose}
      anchorOrigin={{ vertical: 'top', horizontal: 'left' }}
      transformOrigin={{ vertical: 'bottom', horizontal: 'left' }}
      slotProps={{
        paper: { role: 'dialog', 'aria-label': t('settings.account'), sx: { width: 264, p: 1, borderRadius: '14px' } },
      }}
    >
      <PreferenceChoices user={user} />
      <Divider sx={{ my: 1 }} />
      <Row icon={<SettingsIcon />} text={t('account.title')} to="/settings" onClick={onClose} />
      <Row icon={<KeyboardIcon />} text={t('settings.shortcuts')} onClick={then(onShortcuts)} />
      {user.is_staff && <Row icon={<AdminIcon />} text={t('settings.admin')} href="/admin/" />}
      <Row icon={<LogoutIcon />} text={t('auth.logout')} onClick={then(onLogout)} />
    </Popover>
  );
}

interface RowProps {
  icon: ReactNode;
  text: string;
  onClick?: () => void;
  href?: string;
  to?: string;
}

function Row({ icon, text, onClick, href, to }: RowProps) {
  const style = { justifyContent: 'flex-start', px: 1.25, py: 0.75, fontWeight: 450 };
  const link = to !== undefined ? { component: Link, to } : href !== undefined ? { href } : {};
  return (
    <Button fullWidth color="inherit" startIcon={icon} sx={style} {...(onClick && { onClick })} {...link}>
      {text}
    </Button>
  );
}
