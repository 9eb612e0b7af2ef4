/** The first page of a new house: the administrator. */
import { useTranslation } from 'react-i18next';
import { AuthCard } from '@/features/auth/AuthCard';
import { RegisterForm } from '@/features/auth/RegisterForm';
import { useSetupState } from '@/features/auth/useAuth';

export default function SetupPage() {
  const { t } = useTranslation();
  const { data: setup } = useSetupState();
  return (
    <AuthCard title={t('auth.setupTitle')} text={t('auth.setupText')}>
      <RegisterForm needsCode={setup?.needs_code ?? false} submitLabel={t('auth.setupTitle')} />
    </AuthCard>
  );
}
