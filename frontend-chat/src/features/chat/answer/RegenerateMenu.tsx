/** Another answer, made otherwise: with more care, more freedom, or by another model. The session's settings stay. */
import CarefulIcon from '@mui/icons-material/AdjustRounded';
import FreeIcon from '@mui/icons-material/AutoAwesomeOutlined';
import RegenerateIcon from '@mui/icons-material/RefreshRounded';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListSubheader from '@mui/material/ListSubheader';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { useModels } from '@/shared/api/useModels';
import type { Overrides } from '@/shared/socket/frames';
import type { ChatController } from '../state/controller';

const CAREFUL = 0.2;
const FREE = 1.2;

interface RegenerateMenuProps {
  chat: ChatController;
  message: Message;
  anchor: HTMLElement;
  onClose: () => void;
}

export default function RegenerateMenu({ chat, message, anchor, onClose }: RegenerateMenuProps) {
  const { t } = useTranslation();
  const models = useModels();
  const others = models.data?.filter((model) => model.id !== message.model) ?? [];
  const again = (overrides: Overrides) => () => {
    onClose();
    chat.regenerate(message.id, overrides);
  };
  return (
    <Menu open anchorEl={anchor} onClose={onClose}>
      <MenuItem onClick={again({})}>
        <ListItemIcon>
          <RegenerateIcon fontSize="small" />
        </ListItemIcon>
        {t('answer.again')}
      </MenuItem>
      <MenuItem onClick={again({ temperature: CAREFUL })}>
        <ListItemIcon>
          <CarefulIcon fontSize="small" />
        </ListItemIcon>
        {t('answer.careful', { temperature: CAREFUL })}
      </MenuItem>
      <MenuItem onClick={again({ temperature: FREE })}>
        <ListItemIcon>
          <FreeIcon fontSize="small" />
        </ListItemIcon>
        {t('answer.freer', { temperature: FREE })}
      </MenuItem>
      {others.length > 0 && (
        <ListSubheader role="presentation" sx={{ lineHeight: 2.6, bgcolor: 'transparent' }}>
          {t('answer.withModel')}
        </ListSubheader>
      )}
      {others.map((model) => (
        <MenuItem key={model.id} onClick={again({ model: model.id })}>
          {model.id}
        </MenuItem>
      ))}
    </Menu>
  );
}
