/** Files and texts that answers may be made from. */
import FolderIcon from '@mui/icons-material/CreateNewFolderOutlined';
import PasteIcon from '@mui/icons-material/ContentPasteRounded';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useMe } from '@/features/auth/useAuth';
import { DocumentSearch } from '@/features/documents/DocumentSearch';
import { DocumentLibrary } from '@/features/documents/DocumentLibrary';
import { WriteDialog } from '@/features/documents/WriteDialog';
import { useCreateSession } from '@/features/sessions/useSessions';
import { PassagePanel } from '@/features/sources/PassagePanel';
import { sessions } from '@/shared/api/endpoints';
import type { DocumentRow, Passage } from '@/shared/api/memory';
import { LibraryFrame } from './LibraryFrame';

export default function DocumentsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: user } = useMe();
  const { mutateAsync: create } = useCreateSession();
  const [writing, setWriting] = useState<'text' | 'folder' | null>(null);
  const [words, setWords] = useState('');
  const [opened, setOpened] = useState<Passage | null>(null);
  const talk = async (document: DocumentRow) => {
    const session = await create({});
    await sessions.updateConfig(session.id, { document_ids: [document.id] });
    await navigate(`/c/${session.id}`);
  };
  return (
    <LibraryFrame
      title={t('documents.title')}
      lead={t('documents.lead')}
      actions={
        <>
          <Button color="inherit" startIcon={<FolderIcon />} onClick={() => setWriting('folder')}>
            {t('documents.newFolder')}
          </Button>
          <Button variant="contained" startIcon={<PasteIcon />} onClick={() => setWriting('text')}>
            {t('documents.paste')}
          </Button>
        </>
      }
    >
      <DocumentSearch words={words} onWords={setWords} onOpen={setOpened} />
      <DocumentLibrary isStaff={user?.is_staff ?? false} onTalk={(document) => void talk(document)} />
      {opened && (
        <PassagePanel citation={{ ...opened, chunk: opened.id }} words={words} onClose={() => setOpened(null)} />
      )}
      {writing && <WriteDialog what={writing} isStaff={user?.is_staff ?? false} onClose={() => setWriting(null)} />}
    </LibraryFrame>
  );
}
