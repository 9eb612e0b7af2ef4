/** Above the composer, quietly and only near the end of a daily limit: how much of it is left, and when it starts anew. */
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { DAILY, useQuota } from '@/shared/api/useQuota';

const NEAR = 0.8;

export function QuotaNotice() {
  const { t, i18n } = useTranslation();
  const { data: quota } = useQuota();
  const near = quota ? DAILY.filter((name) => isNear(quota[name])) : [];
  if (!quota || near.length === 0) return null;
  const at = new Date(quota.resets_at).toLocaleTimeString(i18n.language, { hour: 'numeric', minute: '2-digit' });
  return (
    <Typography
      variant="body2"
      role="status"
      data-testid="quota-notice"
      sx={{ color: 'text.secondary', textAlign: 'center', mb: 1 }}
    >
      {near
        .map((name) => {
          const { allowed, used } = quota[name];
          const left = Math.max(0, allowed - used);
          if (left === 0) return t(`limits.over_${name}`, { at });
          return t(`limits.left_${name}`, { count: left, left: left.toLocaleString(i18n.language) });
        })
        .join(' · ')}
    </Typography>
  );
}

const isNear = ({ allowed, used }: { allowed: number; used: number }) => allowed > 0 && used >= NEAR * allowed;
