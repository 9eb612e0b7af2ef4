/** Whether the next message may be searched for on the web. It says plainly that the words leave the house. */
import WebIcon from '@mui/icons-material/LanguageRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useTranslation } from 'react-i18next';

interface WebSwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

export function WebSwitch({ isOn, onChange }: WebSwitchProps) {
  const { t } = useTranslation();
  return (
    <Tooltip title={t('compose.webWarning')} describeChild>
      <IconButton
        role="switch"
        aria-checked={isOn}
        aria-label={t('compose.web')}
        data-testid="web-switch"
        onClick={() => onChange(!isOn)}
        sx={{
          width: 40,
          height: 40,
          color: 'text.secondary',
          ...(isOn && {
            bgcolor: 'primary.main',
            color: 'primary.contrastText',
            '&:hover': { bgcolor: 'primary.dark' },
          }),
        }}
      >
        <WebIcon fontSize="small" />
      </IconButton>
    </Tooltip>
  );
}

/** At a question that was sent with it. */
export function WebMark() {
  const { t } = useTranslation();
  return (
    <Box component="span" sx={{ display: 'flex', gap: 0.5, mt: 0.5, fontSize: '0.8rem', color: 'text.secondary' }}>
      <WebIcon aria-hidden="true" sx={{ fontSize: 16, mt: '1px' }} />
      {t('compose.webUsed')}
    </Box>
  );
}

export function WebNotice() {
  const { t } = useTranslation();
  return (
    <Box
      role="status"
      data-testid="web-notice"
      sx={{ display: 'flex', gap: 1, px: 1, pt: 0.5, pb: 1, fontSize: '0.85rem', color: 'text.secondary' }}
    >
      <WebIcon aria-hidden="true" sx={{ fontSize: 18, mt: '1px', flex: 'none', color: 'primary.main' }} />
      {t('compose.webWarning')}
    </Box>
  );
}
