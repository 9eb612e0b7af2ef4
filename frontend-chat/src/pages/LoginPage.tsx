/** Signing in. */
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import { Link as RouterLink } from 'react-router';
import { AuthCard } from '@/features/auth/AuthCard';
import { LoginForm } from '@/features/auth/LoginForm';
import { useSetupState } from '@/features/auth/useAuth';

export default function LoginPage() {
  const { t } = useTranslation();
  const { data: setup } = useSetupState();
  const footer = setup?.registration !== 'closed' && (
    <Typography variant="body2">
      {t('auth.noAccount')}{' '}
      <Link component={RouterLink} to="/register">
        {t('auth.register')}
      </Link>
    </Typography>
  );
  return (
    <AuthCard title={t('auth.loginTitle')} footer={footer}>
      <LoginForm />
    </AuthCard>
  );
}
