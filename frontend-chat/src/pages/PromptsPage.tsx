/** What is asked again and again: prompts of one's own and of the house. */
import AddIcon from '@mui/icons-material/AddRounded';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/features/auth/useAuth';
import { PromptList } from '@/features/prompts/PromptList';
import { LibraryFrame } from './LibraryFrame';

export default function PromptsPage() {
  const { t } = useTranslation();
  const { data: user } = useMe();
  const [isMaking, setIsMaking] = useState(false);
  return (
    <LibraryFrame
      title={t('library.title')}
      lead={t('library.lead')}
      actions={
        <Button variant="contained" startIcon={<AddIcon />} onClick={() => setIsMaking(true)}>
          {t('library.new')}
        </Button>
      }
    >
      <PromptList isStaff={user?.is_staff ?? false} isMaking={isMaking} onMade={() => setIsMaking(false)} />
    </LibraryFrame>
  );
}
