/** The models there are, the present one marked. */
import CheckIcon from '@mui/icons-material/CheckRounded';
import SeesIcon from '@mui/icons-material/ImageOutlined';
import ListItemText from '@mui/material/ListItemText';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useTranslation } from 'react-i18next';
import type { ModelCard } from '@/shared/api/types';

interface ModelMenuProps {
  anchor: HTMLElement;
  models: readonly ModelCard[];
  name: string;
  /** That answers while none is chosen. */
  standard: string | undefined;
  onChoose: (name: string) => void;
  onClose: () => void;
}

export default function ModelMenu({ anchor, models, name, standard, onChoose, onClose }: ModelMenuProps) {
  const { t } = useTranslation();
  return (
    <Menu open anchorEl={anchor} onClose={onClose}>
      {models.map((model) => (
        <MenuItem
          key={model.id}
          selected={model.id === name}
          onClick={() => {
            onClose();
            // What answers by itself goes on doing so, also when the house or the persona takes another one for it.
            onChoose(model.id === standard ? '' : model.id);
          }}
          sx={{ maxWidth: 420 }}
        >
          <ListItemText
            primary={
              <>
                {model.id}
                {model.sees_images && <SeesIcon titleAccess={t('model.sees')} sx={seesStyle} />}
              </>
            }
            secondary={model.is_starter ? t('settings.starter') : model.description}
            slotProps={{ primary: { sx: { fontSize: '0.9rem' } }, secondary: { sx: { whiteSpace: 'normal' } } }}
          />
          {model.id === name && <CheckIcon fontSize="small" />}
        </MenuItem>
      ))}
    </Menu>
  );
}

const seesStyle = { fontSize: 16, ml: 0.75, verticalAlign: '-3px', color: 'text.secondary' } as const;
