/** Who answers: personas of one's own and of the house. */
import AddIcon from '@mui/icons-material/AddRounded';
import UploadIcon from '@mui/icons-material/FileUploadOutlined';
import Button from '@mui/material/Button';
import { useSnackbar } from 'notistack';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useMe } from '@/features/auth/useAuth';
import { PersonaGallery } from '@/features/personas/PersonaGallery';
import { useImportCard } from '@/features/personas/usePersonas';
import { useCreateSession } from '@/features/sessions/useSessions';
import { ApiError } from '@/shared/api/errors';
import { problemText } from '@/shared/i18n/problem';
import { LibraryFrame } from './LibraryFrame';

export default function PersonasPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { enqueueSnackbar } = useSnackbar();
  const { data: user } = useMe();
  const { mutateAsync: create } = useCreateSession();
  const { mutateAsync: importCard, isPending } = useImportCard();
  const [isMaking, setIsMaking] = useState(false);
  const file = useRef<HTMLInputElement>(null);

  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      const persona = await importCard(chosen);
      enqueueSnackbar(t('personas.imported', { name: persona.name }), { variant: 'success' });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const said = Object.values(error.fields).flat().join(' ');
      enqueueSnackbar(said || problemText(t, error), { variant: 'error' });
    }
  };
  return (
    <LibraryFrame
      title={t('personas.title')}
      lead={t('personas.lead')}
      actions={
        <>
          <Button color="inherit" startIcon={<UploadIcon />} loading={isPending} onClick={() => file.current?.click()}>
            {t('personas.import')}
          </Button>
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setIsMaking(true)}>
            {t('personas.new')}
          </Button>
          <input
            ref={file}
            type="file"
            accept="application/json,.json"
            hidden
            aria-label={t('personas.import')}
            onChange={(event) => {
              read(event.target.files?.[0]).catch(() => undefined);
              event.target.value = '';
            }}
          />
        </>
      }
    >
      <PersonaGallery
        isStaff={user?.is_staff ?? false}
        isMaking={isMaking}
        onMade={() => setIsMaking(false)}
        onTalk={async (persona) => {
          const session = await create({ persona: persona.id });
          await navigate(`/c/${session.id}`);
        }}
      />
    </LibraryFrame>
  );
}
