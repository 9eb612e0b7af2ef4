/** One API key: what it may, until when, what it used today. Never its text. */
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/shared/api/account';
import { cardStyle } from './Section';
import { useKeyUse } from './useKeyUse';

interface KeyItemProps {
  apiKey: ApiKey;
  onEdit: () => void;
  onRevoke: () => void;
}

export function KeyItem({ apiKey, onEdit, onRevoke }: KeyItemProps) {
  const { t, i18n } = useTranslation();
  const usedToday = useKeyUse();
  const { name, start, scopes, expires_at: endsAt, last_used_at: usedAt } = apiKey;
  const day = (at: string) => new Date(at).toLocaleDateString(i18n.language);
  const told = [
    `${start}…`,
    scopes.join(', '),
    endsAt ? t('account.ends', { at: day(endsAt) }) : t('account.endsNever'),
    usedAt ? t('account.lastUsed', { at: day(usedAt) }) : t('account.neverUsed'),
  ];
  return (
    <Box component="li" data-testid="key" sx={rowStyle}>
      <Box sx={{ flex: '1 1 240px', minWidth: 0 }}>
        <Typography sx={{ fontWeight: 600 }} noWrap>
          {name}
        </Typography>
        <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
          {told.join(' · ')}
        </Typography>
        {scopes.includes('chat') && (
          <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }} data-testid="key-use">
            {usedToday(apiKey)}
          </Typography>
        )}
      </Box>
      <Button size="small" color="inherit" aria-label={t('account.editKey', { name })} onClick={onEdit}>
        {t('account.edit')}
      </Button>
      <Button size="small" color="error" aria-label={t('account.revokeKey', { name })} onClick={onRevoke}>
        {t('account.revoke')}
      </Button>
    </Box>
  );
}

const rowStyle = {
  ...cardStyle,
  listStyle: 'none',
  p: 1.5,
  display: 'flex',
  flexWrap: 'wrap',
  gap: 1,
  alignItems: 'center',
} as const;
