/** A new account, where registration is open. */
import Alert from '@mui/material/Alert';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Link as RouterLink } from 'react-router';
import { AuthCard } from '@/features/auth/AuthCard';
import { RegisterForm } from '@/features/auth/RegisterForm';
import { useSetupState } from '@/features/auth/useAuth';

export default function RegisterPage() {
  const { t } = useTranslation();
  const { data: setup } = useSetupState();
  const footer = (
    <Typography variant="body2">
      {t('auth.haveAccount')}{' '}
      <Link component={RouterLink} to="/login">
        {t('auth.login')}
      </Link>
    </Typography>
  );
  return (
    <AuthCard title={t('auth.registerTitle')} footer={footer}>
      {setup?.registration === 'closed' ? (
        <Alert severity="info">{t('auth.closed')}</Alert>
      ) : (
        <RegisterForm needsInvite={setup?.registration === 'invite'} submitLabel={t('auth.register')} />
      )}
    </AuthCard>
  );
}
