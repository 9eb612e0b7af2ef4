/** What the next message may do beyond this machine: be searched for on the web, let the model ask for tools. Each says so plainly. */
import ToolIcon from '@mui/icons-material/BuildOutlined';
import WebIcon from '@mui/icons-material/LanguageRounded';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface SwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

export function WebSwitch(props: SwitchProps) {
  const { t } = useTranslation();
  return (
    <Switch {...props} name="web" label={t('compose.web')} warning={t('compose.webWarning')}>
      <WebIcon fontSize="small" />
    </Switch>
  );
}

export function ToolsSwitch(props: SwitchProps) {
  const { t } = useTranslation();
  return (
    <Switch {...props} name="tools" label={t('compose.tools')} warning={t('compose.toolsWarning')}>
      <ToolIcon fontSize="small" />
    </Switch>
  );
}

/** At a question that was sent with it. */
export function WebMark() {
  const { t } = useTranslation();
  return <Mark icon={<WebIcon aria-hidden="true" sx={markStyle} />} text={t('compose.webUsed')} />;
}

export function ToolsMark() {
  const { t } = useTranslation();
  return <Mark icon={<ToolIcon aria-hidden="true" sx={markStyle} />} text={t('compose.toolsUsed')} />;
}

export function WebNotice() {
  const { t } = useTranslation();
  return (
    <Notice name="web" text={t('compose.webWarning')}>
      <WebIcon aria-hidden="true" sx={noticeStyle} />
    </Notice>
  );
}

export function ToolsNotice() {
  const { t } = useTranslation();
  return (
    <Notice name="tools" text={t('compose.toolsWarning')}>
      <ToolIcon aria-hidden="true" sx={noticeStyle} />
    </Notice>
  );
}

interface NamedSwitchProps extends SwitchProps {
  name: string;
  label: string;
  warning: string;
  children: ReactNode;
}

function Switch({ isOn, onChange, name, label, warning, children }: NamedSwitchProps) {
  return (
    <Tooltip title={warning} describeChild>
      <IconButton
        role="switch"
        aria-checked={isOn}
        aria-label={label}
        data-testid={`${name}-switch`}
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
        {children}
      </IconButton>
    </Tooltip>
  );
}

function Mark({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <Box component="span" sx={{ display: 'flex', gap: 0.5, mt: 0.5, fontSize: '0.8rem', color: 'text.secondary' }}>
      {icon}
      {text}
    </Box>
  );
}

function Notice({ name, text, children }: { name: string; text: string; children: ReactNode }) {
  return (
    <Box
      role="status"
      data-testid={`${name}-notice`}
      sx={{ display: 'flex', gap: 1, px: 1, pt: 0.5, pb: 1, fontSize: '0.85rem', color: 'text.secondary' }}
    >
      {children}
      {text}
    </Box>
  );
}

const markStyle = { fontSize: 16, mt: '1px' };
const noticeStyle = { fontSize: 18, mt: '1px', flex: 'none', color: 'primary.main' };
