/** Above the box of a temporary chat: what that means, and the two ways out of it. */
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useProblemToast } from '@/shared/ui/useProblemToast';
import { useDeleteSessions, useUpdateSession } from './useSessions';

export function TemporaryNotice({ sessionId }: { sessionId?: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { mutate: update } = useUpdateSession();
  const { mutate: remove } = useDeleteSessions();
  const onError = useProblemToast();
  const keep = (id: number) => update({ id, patch: { is_temporary: false } }, { onError });
  const acts = sessionId !== undefined && (
    <>
      <Button size="small" color="inherit" onClick={() => keep(sessionId)}>
        {t('sessions.temporaryKeep')}
      </Button>
      <Button
        size="small"
        color="inherit"
        onClick={() => remove([sessionId], { onSuccess: () => navigate('/'), onError })}
      >
        {t('sessions.temporaryDelete')}
      </Button>
    </>
  );
  return (
    <Alert severity="info" icon={false} data-testid="temporary" action={acts} sx={{ mb: 1, borderRadius: '14px' }}>
      {t('sessions.temporaryNote')}
    </Alert>
  );
}
