/** The ways to the pages of things to keep, in the side bar. */
import PersonasIcon from '@mui/icons-material/TheaterComedyOutlined';
import DocumentsIcon from '@mui/icons-material/DescriptionOutlined';
import MemoryIcon from '@mui/icons-material/PsychologyOutlined';
import PromptsIcon from '@mui/icons-material/BookmarksOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';

const LINKS = [
  { to: '/personas', text: 'sessions.personas', icon: PersonasIcon },
  { to: '/prompts', text: 'sessions.prompts', icon: PromptsIcon },
  { to: '/documents', text: 'sessions.documents', icon: DocumentsIcon },
  { to: '/memory', text: 'sessions.memory', icon: MemoryIcon },
] as const;

export function HouseLinks({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  return (
    <Box sx={{ display: 'grid' }}>
      {LINKS.map(({ to, text, icon: Icon }) => (
        <Button
          key={to}
          component={NavLink}
          to={to}
          onClick={onNavigate}
          color="inherit"
          startIcon={<Icon fontSize="small" />}
          sx={{
            justifyContent: 'flex-start',
            px: 1.5,
            py: 0.6,
            fontWeight: 500,
            '&:hover, &.active': { bgcolor: 'surface.hover' },
          }}
        >
          {t(text)}
        </Button>
      ))}
    </Box>
  );
}
