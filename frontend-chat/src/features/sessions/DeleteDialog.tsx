/** Asks before sessions are deleted. */
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';

interface DeleteDialogProps {
  sessions: readonly Session[];
  onCancel: () => void;
  onConfirm: () => void;
}

export function DeleteDialog({ sessions, onCancel, onConfirm }: DeleteDialogProps) {
  const { t } = useTranslation();
  const [first] = sessions;
  const text =
    sessions.length === 1
      ? t('sessions.deleteText', { title: first?.title || t('sessions.untitled') })
      : t('organise.deleteManyText', { count: sessions.length });
  return (
    <ConfirmDialog
      title={
        sessions.length === 1 ? t('sessions.deleteTitle') : t('organise.deleteManyTitle', { count: sessions.length })
      }
      text={text}
      confirm={t('sessions.delete')}
      onCancel={onCancel}
      onConfirm={onConfirm}
    />
  );
}
