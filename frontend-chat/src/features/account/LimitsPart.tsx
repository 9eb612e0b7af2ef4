/** What one may, and how much of it is used today. */
import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { DAILY, useQuota } from '@/shared/api/useQuota';
import { cardStyle, Section } from './Section';

export function LimitsPart() {
  const { t, i18n } = useTranslation();
  const { data: quota } = useQuota();
  if (!quota) return null;
  const count = (value: number) => value.toLocaleString(i18n.language);
  const daily = DAILY.filter((name) => quota[name].allowed > 0);
  const at = new Date(quota.resets_at).toLocaleTimeString(i18n.language, { hour: 'numeric', minute: '2-digit' });
  const megabytes = Math.round(quota.upload_max_bytes / 1024 / 1024);
  return (
    <Section title={t('limits.title')} lead={daily.length > 0 ? t('limits.lead', { at }) : t('limits.none')}>
      <Box sx={{ ...cardStyle, p: 2.5, display: 'grid', gap: 2 }} data-testid="limits">
        {daily.map((name) => (
          <Box key={name}>
            <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 2, mb: 0.75 }}>
              <Typography id={`limit-${name}`} variant="body2">
                {t(`limits.${name}`)}
              </Typography>
              <Typography variant="body2" sx={{ color: 'text.secondary', whiteSpace: 'nowrap' }}>
                {t('limits.of', { used: count(quota[name].used), allowed: count(quota[name].allowed) })}
              </Typography>
            </Box>
            <LinearProgress
              aria-labelledby={`limit-${name}`}
              variant="determinate"
              value={Math.min(100, (quota[name].used / quota[name].allowed) * 100)}
              sx={{ height: 8, borderRadius: 4 }}
            />
          </Box>
        ))}
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {[
            quota.concurrent_turns.allowed > 0 &&
              t('limits.concurrent', { allowed: count(quota.concurrent_turns.allowed) }),
            t('limits.upload', { megabytes: count(megabytes) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </Typography>
      </Box>
    </Section>
  );
}
