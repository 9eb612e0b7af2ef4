/** The settings of one session, at the right edge. Loaded when it is first opened. */
import CloseIcon from '@mui/icons-material/CloseRounded';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import { type ComponentType, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from '@/shared/ui/Loading';
import { ConfigForm, type DocumentsSlot } from './ConfigForm';
import { useConfig } from './useConfig';

interface SettingsDrawerProps {
  sessionId: number;
  isOpen: boolean;
  onClose: () => void;
  /** Chooses documents; another feature's. */
  Documents?: ComponentType<DocumentsSlot>;
}

export default function SettingsDrawer({ sessionId, isOpen, onClose, Documents }: SettingsDrawerProps) {
  const { t } = useTranslation();
  const config = useConfig(sessionId);
  const heading = useId();
  return (
    <Drawer
      anchor="right"
      open={isOpen}
      onClose={onClose}
      slotProps={{
        paper: { role: 'dialog', 'aria-labelledby': heading, sx: { width: { xs: '100%', sm: 380 }, p: 3, pt: 2 } },
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', mb: 2 }}>
        <Typography id={heading} variant="h2">
          {t('settings.title')}
        </Typography>
        <IconButton aria-label={t('app.close')} onClick={onClose} edge="end">
          <CloseIcon />
        </IconButton>
      </Box>
      {config.data ? (
        <ConfigForm sessionId={sessionId} config={config.data} Documents={Documents} />
      ) : (
        <Loading of={config} height={320} />
      )}
    </Drawer>
  );
}
