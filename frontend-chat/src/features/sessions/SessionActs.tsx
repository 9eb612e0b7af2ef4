/** The menu of a session and the question before it is deleted. Loaded when a menu is first opened. */
import type { Session } from '@/shared/api/types';
import { DeleteDialog } from './DeleteDialog';
import { type MenuTarget, SessionMenu } from './SessionMenu';

interface SessionActsProps {
  target: MenuTarget | null;
  deleting: Session | null;
  onClose: () => void;
  onRename: (session: Session) => void;
  onPin: (session: Session) => void;
  onAskDelete: (session: Session | null) => void;
  onDelete: (session: Session) => void;
}

export default function SessionActs({
  target,
  deleting,
  onClose,
  onRename,
  onPin,
  onAskDelete,
  onDelete,
}: SessionActsProps) {
  return (
    <>
      <SessionMenu target={target} onClose={onClose} onRename={onRename} onPin={onPin} onDelete={onAskDelete} />
      <DeleteDialog session={deleting} onCancel={() => onAskDelete(null)} onConfirm={onDelete} />
    </>
  );
}
