/** Who answers in this conversation, in its header. */
import Box from '@mui/material/Box';
import { useTranslation } from 'react-i18next';
import { PersonaAvatar } from './PersonaAvatar';
import { usePersonas } from './usePersonas';

export default function PersonaTag({ id }: { id: number }) {
  const { t } = useTranslation();
  const persona = usePersonas().data?.find((each) => each.id === id);
  if (!persona) return null;
  return (
    <Box
      data-testid="persona"
      title={t('sessions.persona', { name: persona.name })}
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 0.5,
        px: 0.5,
        minWidth: 0,
        fontSize: '0.78rem',
        color: 'text.secondary',
      }}
    >
      <PersonaAvatar persona={persona} size={18} />
      <Box component="span" sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
        {persona.name}
      </Box>
    </Box>
  );
}
