/** One persona of the gallery: who it is, a way to talk with it, and what else can be done. */
import MoreIcon from '@mui/icons-material/MoreHorizRounded';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import { useTranslation } from 'react-i18next';
import type { Persona } from '@/shared/api/types';
import { PersonaAvatar } from './PersonaAvatar';

interface PersonaCardProps {
  persona: Persona;
  isStarting: boolean;
  onTalk: (persona: Persona) => void;
  onMenu: (persona: Persona, anchor: HTMLElement) => void;
}

export function PersonaCard({ persona, isStarting, onTalk, onMenu }: PersonaCardProps) {
  const { t } = useTranslation();
  return (
    <Box component="li" sx={cardStyle}>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
        <PersonaAvatar persona={persona} />
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography component="h2" noWrap sx={{ fontWeight: 650 }}>
            {persona.name}
          </Typography>
          {persona.is_shared && <Chip size="small" label={t('personas.shared')} sx={{ height: 20, mt: 0.25 }} />}
        </Box>
        <IconButton
          aria-label={t('personas.menu', { name: persona.name })}
          aria-haspopup="menu"
          onClick={(event) => onMenu(persona, event.currentTarget)}
        >
          <MoreIcon />
        </IconButton>
      </Box>
      <Typography variant="body2" sx={textStyle}>
        {persona.description || persona.context || t('personas.noDescription')}
      </Typography>
      <Button variant="outlined" loading={isStarting} onClick={() => onTalk(persona)} sx={{ alignSelf: 'flex-start' }}>
        {t('personas.talk')}
      </Button>
    </Box>
  );
}

const cardStyle = {
  display: 'flex',
  flexDirection: 'column',
  gap: 1.5,
  p: 2,
  minWidth: 0,
  border: 1,
  borderColor: 'divider',
  borderRadius: '16px',
  bgcolor: 'background.paper',
} as const;

const textStyle = {
  flex: 1,
  color: 'text.secondary',
  overflow: 'hidden',
  overflowWrap: 'anywhere',
  display: '-webkit-box',
  WebkitLineClamp: 3,
  WebkitBoxOrient: 'vertical',
} as const;
