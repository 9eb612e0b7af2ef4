/** Everything of one's account, part by part. Each part has its own address. */
import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useParams } from 'react-router';
import DataPart from '@/features/account/DataPart';
import GeneralPart from '@/features/account/GeneralPart';
import KeysPart from '@/features/account/KeysPart';
import { LimitsPart } from '@/features/account/LimitsPart';
import LoginsPart from '@/features/account/LoginsPart';
import { OpeningsPart } from '@/features/account/OpeningsPart';
import ProfilePart from '@/features/account/ProfilePart';
import UsagePart from '@/features/account/UsagePart';
import { useMe } from '@/features/auth/useAuth';
import { ME } from '@/shared/api/me';
import { FOLDERS, LISTS } from '@/features/sessions/useSessions';
import { askAgain } from '@/shared/api/live';
import { PreferenceChoices } from '@/features/settings/PreferenceChoices';
import WebhooksPart from '@/features/webhooks/WebhooksPart';
import type { User } from '@/shared/api/types';
import { LibraryFrame } from './LibraryFrame';

const PARTS = ['general', 'profile', 'logins', 'keys', 'webhooks', 'usage', 'data'] as const;
const AFTER_OWN_SCROLLING_MS = 350;
type Part = (typeof PARTS)[number];

export default function SettingsPage() {
  const { t } = useTranslation();
  const { part = 'general' } = useParams();
  const { data: user } = useMe();
  useShownTab(part);
  if (!isPart(part)) return <Navigate to="/not-found" replace />;
  return (
    <LibraryFrame title={t('account.title')} lead={t('account.lead')}>
      <Tabs
        value={part}
        variant="scrollable"
        allowScrollButtonsMobile
        aria-label={t('account.title')}
        sx={{ mb: 3, borderBottom: 1, borderColor: 'divider' }}
      >
        {PARTS.map((name) => (
          <Tab
            key={name}
            value={name}
            id={`tab-${name}`}
            aria-controls="settings-part"
            label={t(`account.part_${name}`)}
            component={Link}
            to={`/settings/${name}`}
          />
        ))}
      </Tabs>
      <Box role="tabpanel" id="settings-part" aria-labelledby={`tab-${part}`}>
        {user && <Content part={part} user={user} />}
      </Box>
    </LibraryFrame>
  );
}

/** The tabs scroll by themselves, too, but to where the chosen one was before its letters had come. */
function useShownTab(part: string): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => document.getElementById(`tab-${part}`)?.scrollIntoView({ inline: 'center', block: 'nearest' });
    const later = () => {
      timer = setTimeout(show, AFTER_OWN_SCROLLING_MS);
    };
    document.fonts.ready.then(later).catch(() => undefined);
    return () => clearTimeout(timer);
  }, [part]);
}

function Content({ part, user }: { part: Part; user: User }) {
  const queries = useQueryClient();
  switch (part) {
    case 'general':
      return <GeneralPart user={user} choices={<PreferenceChoices user={user} />} />;
    case 'profile':
      return (
        <ProfilePart
          user={user}
          onChanged={(next) => queries.setQueryData(ME, next)}
          onErased={() => {
            queries.clear();
            location.assign('/');
          }}
        />
      );
    case 'logins':
      return <LoginsPart />;
    case 'keys':
      return <KeysPart />;
    case 'webhooks':
      return <WebhooksPart />;
    case 'usage':
      return (
        <>
          <LimitsPart />
          <UsagePart />
        </>
      );
    case 'data':
      return (
        <>
          <OpeningsPart />
          <DataPart onImported={() => askAgain(queries, LISTS, FOLDERS)} />
        </>
      );
  }
}

const isPart = (text: string): text is Part => (PARTS as readonly string[]).includes(text);
