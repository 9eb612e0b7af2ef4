/** Which of one's conversations an administrator has read or taken away, when and why. Nothing where nobody has. */
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { account } from '@/shared/api/account';
import { cardStyle, Section } from './Section';

export function OpeningsPart() {
  const { t, i18n } = useTranslation();
  const { data: openings } = useQuery({ queryKey: ['openings'], queryFn: account.openings });
  const hasNew = openings?.some((one) => !one.is_seen) ?? false;
  useEffect(() => {
    if (hasNew) account.openingsSeen().catch(() => undefined);
  }, [hasNew]);
  if (!openings || openings.length === 0) return null;
  return (
    <Section title={t('account.openings')} lead={t('account.openingsLead')}>
      <Box sx={{ ...cardStyle, p: 2.5, display: 'grid', gap: 1.5 }} data-testid="openings">
        {openings.map((one) => (
          <Typography key={one.id} variant="body2" sx={{ overflowWrap: 'anywhere' }}>
            {t(one.kind === 'read' ? 'account.openingRead' : 'account.openingExport', {
              reader: one.reader ?? t('account.openingGone'),
              title: one.title || t('sessions.untitled'),
              at: new Date(one.opened_at).toLocaleString(i18n.language),
              reason: one.reason,
            })}
          </Typography>
        ))}
      </Box>
    </Section>
  );
}
