/** The rows under their headings: pinned, today, yesterday, last week, earlier. */
import Box from '@mui/material/Box';
import List from '@mui/material/List';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '@/shared/api/types';
import { type Section, sectionOf } from './pages';

const ORDER: readonly Section[] = ['pinned', 'today', 'yesterday', 'week', 'older'];

interface SessionSectionsProps {
  sessions: readonly Session[];
  children: (session: Session) => ReactNode;
}

export function SessionSections({ sessions, children }: SessionSectionsProps) {
  const { t } = useTranslation();
  const id = useId();
  const sections = useMemo(() => bySection(sessions), [sessions]);
  return ORDER.filter((section) => sections.has(section)).map((section) => (
    <Box key={section} sx={{ mb: 1.5 }}>
      <Typography
        id={id + section}
        component="p"
        sx={{ px: 1.5, py: 0.5, fontSize: '0.75rem', fontWeight: 550, color: 'text.secondary' }}
      >
        {t(`sessions.${section}`)}
      </Typography>
      <List dense disablePadding aria-labelledby={id + section}>
        {sections.get(section)?.map(children)}
      </List>
    </Box>
  ));
}

function bySection(sessions: readonly Session[]): Map<Section, Session[]> {
  const now = new Date();
  return Map.groupBy(sessions, (session) => sectionOf(session, now));
}
