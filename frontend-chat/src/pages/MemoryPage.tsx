/** What Maru remembers of the reader. */
import AddIcon from '@mui/icons-material/AddRounded';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import Button from '@mui/material/Button';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import Switch from '@mui/material/Switch';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/features/auth/useAuth';
import { MemoryDialog } from '@/features/memory/MemoryDialog';
import { MemoryList } from '@/features/memory/MemoryList';
import { useMemoryActs } from '@/features/memory/useMemories';
import { useUpdateMe } from '@/shared/api/useUpdateMe';
import { memories } from '@/shared/api/memory';
import { ConfirmDialog } from '@/shared/ui/ConfirmDialog';
import { LibraryFrame } from './LibraryFrame';

export default function MemoryPage() {
  const { t } = useTranslation();
  const { data: user } = useMe();
  const { mutate: update } = useUpdateMe();
  const isOn = user?.memory_enabled ?? true;
  const { forgetAll } = useMemoryActs();
  const [isMaking, setIsMaking] = useState(false);
  const [isForgetting, setIsForgetting] = useState(false);
  return (
    <LibraryFrame
      title={t('memory.title')}
      lead={t('memory.lead')}
      actions={
        <>
          <Button color="inherit" startIcon={<DownloadIcon />} href={memories.exportUrl}>
            {t('memory.export')}
          </Button>
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setIsMaking(true)}>
            {t('memory.new')}
          </Button>
        </>
      }
    >
      <FormGroup sx={{ mb: 2 }}>
        <FormControlLabel
          control={<Switch checked={isOn} onChange={(_, memory_enabled) => update({ memory_enabled })} />}
          label={t('memory.enabled')}
        />
        <FormControlLabel
          disabled={!isOn}
          control={
            <Switch
              checked={isOn && (user?.facts_by_model ?? true)}
              onChange={(_, facts_by_model) => update({ facts_by_model })}
            />
          }
          label={t('memory.byModel')}
        />
      </FormGroup>
      <MemoryList />
      <Button color="error" sx={{ mt: 2 }} onClick={() => setIsForgetting(true)}>
        {t('memory.forgetAll')}
      </Button>
      {isMaking && <MemoryDialog memory={null} onClose={() => setIsMaking(false)} />}
      {isForgetting && (
        <ConfirmDialog
          title={t('memory.forgetAllTitle')}
          text={t('memory.forgetAllText')}
          confirm={t('memory.forgetAll')}
          onCancel={() => setIsForgetting(false)}
          onConfirm={() => {
            forgetAll.mutate();
            setIsForgetting(false);
          }}
        />
      )}
    </LibraryFrame>
  );
}
