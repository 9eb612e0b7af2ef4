/** Appearance, language, keys, notifications. */
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '@/shared/api/types';
import { useNotices } from '@/shared/ui/notices';
import { Section } from './Section';
import { useChangeMe } from './useChangeMe';

interface GeneralPartProps {
  user: User;
  /** Appearance and language as choices. */
  choices: ReactNode;
}

export default function GeneralPart({ user, choices }: GeneralPartProps) {
  const { t } = useTranslation();
  const { mutate } = useChangeMe();
  const notices = useNotices();
  return (
    <>
      <Section title={t('account.looks')}>
        <Box sx={{ maxWidth: 380 }}>{choices}</Box>
      </Section>
      <Section title={t('account.writing')}>
        <Toggle
          label={t('account.enterSends')}
          help={t('account.enterSendsHelp')}
          checked={user.enter_sends ?? true}
          onChange={(enter_sends) => mutate({ enter_sends })}
        />
        <Toggle
          label={t('account.notices')}
          help={t(notices.state === 'denied' ? 'account.noticesDenied' : 'account.noticesHelp')}
          checked={notices.isOn}
          disabled={notices.state === 'denied' || notices.state === 'missing'}
          onChange={notices.turn}
        />
      </Section>
      <Section title={t('account.memory')}>
        <Toggle
          label={t('account.memoryOn')}
          help={t('account.memoryHelp')}
          checked={user.memory_enabled ?? true}
          onChange={(memory_enabled) => mutate({ memory_enabled })}
        />
      </Section>
      <Section title={t('account.ratings')}>
        <Toggle
          label={t('account.ratingsShared')}
          help={t('account.ratingsHelp')}
          checked={user.shares_ratings ?? false}
          onChange={(shares_ratings) => mutate({ shares_ratings })}
        />
      </Section>
    </>
  );
}

interface ToggleProps {
  label: string;
  help: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (next: boolean) => void;
}

function Toggle({ label, help, checked, disabled = false, onChange }: ToggleProps) {
  return (
    <Box sx={{ mb: 2 }}>
      <FormControlLabel
        control={<Switch checked={checked} disabled={disabled} onChange={(_event, next) => onChange(next)} />}
        label={label}
      />
      <Typography variant="caption" component="p" sx={{ color: 'text.secondary', pl: 6 }}>
        {help}
      </Typography>
    </Box>
  );
}
