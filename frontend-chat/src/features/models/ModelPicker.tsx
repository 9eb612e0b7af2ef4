/** The model of one conversation, in its header: its name, and a menu to take another one. */
import ChooseIcon from '@mui/icons-material/ExpandMoreRounded';
import ButtonBase from '@mui/material/ButtonBase';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useModels } from '@/shared/api/useModels';
import { useSessionModel } from './useSessionModel';

const ModelMenu = lazy(() => import('./ModelMenu'));

interface ModelPickerProps {
  sessionId: number;
  /** The model that answers while none is chosen here: the persona's; "" the house's default. */
  byItself: string;
}

export function ModelPicker({ sessionId, byItself }: ModelPickerProps) {
  const { t } = useTranslation();
  const models = useModels();
  const { chosen, choose } = useSessionModel(sessionId);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const standard = byItself || models.data?.find((model) => model.is_default)?.id;
  const name = chosen || standard;
  if (name === undefined) return null;
  return (
    <>
      <ButtonBase
        aria-haspopup="menu"
        aria-label={t('model.choose', { name })}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{
          font: 'inherit',
          maxWidth: '100%',
          height: 24,
          px: 0.5,
          borderRadius: '8px',
          fontSize: '0.78rem',
          color: 'text.secondary',
          '& span': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
          '& svg': { fontSize: 16 },
          '&:hover': { bgcolor: 'surface.hover', color: 'text.primary' },
          '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main' },
        }}
      >
        <span>{name}</span>
        <ChooseIcon />
      </ButtonBase>
      {anchor && (
        <Suspense>
          <ModelMenu
            anchor={anchor}
            models={models.data ?? []}
            name={name}
            standard={standard}
            onChoose={choose}
            onClose={() => setAnchor(null)}
          />
        </Suspense>
      )}
    </>
  );
}
