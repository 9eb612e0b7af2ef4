/** The rows under their headings: pinned, today, yesterday, last week, earlier. More pages come as the end is reached. */
import List from '@mui/material/List';
import ListSubheader from '@mui/material/ListSubheader';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
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
  const sections = useMemo(() => bySection(sessions), [sessions]);
  return ORDER.filter((section) => sections.has(section)).map((section) => (
    <List
      key={section}
      dense
      disablePadding
      sx={{ mb: 1.5 }}
      aria-label={t(`sessions.${section}`)}
      subheader={
        <ListSubheader
          disableSticky
          component="div"
          sx={{ bgcolor: 'transparent', lineHeight: '28px', px: 1.5, fontSize: '0.75rem', color: 'text.secondary' }}
        >
          {t(`sessions.${section}`)}
        </ListSubheader>
      }
    >
      {sections.get(section)?.map(children)}
    </List>
  ));
}

function bySection(sessions: readonly Session[]): Map<Section, Session[]> {
  const now = new Date();
  return Map.groupBy(sessions, (session) => sectionOf(session, now));
}
