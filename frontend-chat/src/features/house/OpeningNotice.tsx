/** Above the page: an administrator has read a conversation. Stays until one has looked at who and why. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { account } from '@/shared/api/account';

export function OpeningNotice() {
  const { t } = useTranslation();
  const { data: openings } = useQuery({ queryKey: ['openings'], queryFn: account.openings, staleTime: 60_000 });
  if (!openings?.some((one) => !one.is_seen)) return null;
  return (
    <Alert
      severity="warning"
      role="status"
      data-testid="opening-notice"
      sx={{ borderRadius: 0, py: 0.25, alignItems: 'center' }}
      action={
        <Button color="inherit" size="small" component={Link} to="/settings/data">
          {t('limits.openingShow')}
        </Button>
      }
    >
      {t('limits.opening')}
    </Alert>
  );
}
