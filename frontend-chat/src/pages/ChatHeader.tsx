/** The upper edge: way to the list, title, settings. */
import SettingsIcon from '@mui/icons-material/TuneRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface ChatHeaderProps {
  title: string;
  menuButton: ReactNode;
  onSettings?: () => void;
}

export function ChatHeader({ title, menuButton, onSettings }: ChatHeaderProps) {
  const { t } = useTranslation();
  return (
    <Box component="header" sx={{ display: 'flex', alignItems: 'center', gap: 1, px: 1.5, minHeight: 56 }}>
      {menuButton}
      <Typography component="h1" noWrap sx={{ flex: 1, fontSize: '0.95rem', fontWeight: 600, px: 0.5 }}>
        {title}
      </Typography>
      {onSettings && (
        <Tooltip title={t('settings.open')}>
          <IconButton aria-label={t('settings.open')} onClick={onSettings}>
            <SettingsIcon />
          </IconButton>
        </Tooltip>
      )}
    </Box>
  );
}
