/** Asks before a session is removed for good. */
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';

interface DeleteDialogProps {
  session: Session | null;
  onCancel: () => void;
  onConfirm: (session: Session) => void;
}

export function DeleteDialog({ session, onCancel, onConfirm }: DeleteDialogProps) {
  const { t } = useTranslation();
  if (!session) return null;
  return (
    <ConfirmDialog
      title={t('sessions.deleteTitle')}
      text={t('sessions.deleteText', { title: session.title || t('sessions.untitled') })}
      confirm={t('sessions.delete')}
      onCancel={onCancel}
      onConfirm={() => onConfirm(session)}
    />
  );
}
