/** Above the composer, where the house writes conversations down or has messages judged elsewhere: whoever writes here is told. */
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { useHouse } from '@/shared/api/useHouse';

export function LogNotice() {
  const { t } = useTranslation();
  const { data: house } = useHouse();
  if (!house?.jsonl_log && !house?.moderation_hook) return null;
  return (
    <Typography variant="body2" data-testid="log-notice" sx={{ color: 'text.secondary', textAlign: 'center', mb: 1 }}>
      {house.jsonl_log && t('limits.logged')} {house.moderation_hook && t('limits.checked')}
    </Typography>
  );
}
