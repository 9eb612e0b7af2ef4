/** Above the composer, where the house writes conversations down: whoever writes here is told. */
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { useHouse } from '@/shared/api/useHouse';

export function LogNotice() {
  const { t } = useTranslation();
  const { data: house } = useHouse();
  if (!house?.jsonl_log) return null;
  return (
    <Typography variant="body2" data-testid="log-notice" sx={{ color: 'text.secondary', textAlign: 'center', mb: 1 }}>
      {t('limits.logged')}
    </Typography>
  );
}
