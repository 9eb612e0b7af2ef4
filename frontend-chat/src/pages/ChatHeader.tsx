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
  /** Below the title. */
  model?: ReactNode;
  /** At the right edge, before the settings. */
  gauge?: ReactNode;
  onSettings?: () => void;
}

export function ChatHeader({ title, menuButton, model, gauge, onSettings }: ChatHeaderProps) {
  const { t } = useTranslation();
  return (
    <Box component="header" sx={{ display: 'flex', alignItems: 'center', gap: 1, px: 1.5, minHeight: 60 }}>
      {menuButton}
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography component="h1" noWrap sx={{ fontSize: '0.95rem', fontWeight: 600, lineHeight: 1.35, px: 0.5 }}>
          {title}
        </Typography>
        {model}
      </Box>
      {gauge}
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
