/** The menu of a session, the questions it leads to, and the bar of a selection. Loaded when one of them is first needed. */
import { DeleteDialog } from './DeleteDialog';
import { FolderDialog } from './FolderDialog';
import { useListUi } from './listUi';
import { SelectionBar } from './SelectionBar';
import { SessionMenu } from './SessionMenu';
import { ShareDialog } from './ShareDialog';
import { useListActs } from './useListActs';

export default function SessionActs({ onDeleted }: { onDeleted: (id: number) => void }) {
  const { asked, selected, answer, ask } = useListUi();
  const { change, remove } = useListActs(onDeleted);
  const [only] = asked?.sessions ?? [];
  return (
    <>
      <SessionMenu onChange={change} />
      {selected && (
        <SelectionBar
          sessions={[...selected.values()]}
          onArchive={(sessions) => {
            change(sessions, { archived: !sessions.every((one) => one.archived) });
            answer();
          }}
          onFolder={(sessions) => ask('folder', sessions)}
          onDelete={(sessions) => ask('delete', sessions)}
        />
      )}
      {asked?.about === 'delete' && (
        <DeleteDialog
          sessions={asked.sessions}
          onCancel={answer}
          onConfirm={() => {
            remove(asked.sessions);
            answer();
          }}
        />
      )}
      {asked?.about === 'folder' && (
        <FolderDialog
          folder={only?.folder ?? ''}
          onCancel={answer}
          onChoose={(folder) => {
            change(asked.sessions, { folder });
            answer();
          }}
        />
      )}
      {asked?.about === 'share' && only && <ShareDialog session={only} onClose={answer} />}
    </>
  );
}
