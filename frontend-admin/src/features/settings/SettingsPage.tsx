/** The settings that need no restart, group by group. Each is saved as soon as it is set, and can be taken back. */
import { Alert, Box, Card, Skeleton, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { Title, useLocale, useTranslate } from 'react-admin';
import { settings } from '@/shared/api/settings';
import { sentenceOf } from '@/shared/useAct';
import { SETTINGS } from './useSave';
import { SettingRow } from './SettingRow';

export function SettingsPage() {
  const translate = useTranslate();
  const locale = useLocale() === 'ko' ? 'ko' : 'en';
  const { data, error } = useQuery({ queryKey: SETTINGS, queryFn: settings.all });
  return (
    <Box sx={{ maxWidth: 880, width: '100%', mx: 'auto', py: 3 }}>
      <Title title={translate('maru.settings.title')} />
      <Typography sx={{ color: 'text.secondary', mb: 3 }} variant="body2">
        {translate('maru.settings.lead')}
      </Typography>
      {error && !data && <Alert severity="error">{translate(sentenceOf(error))}</Alert>}
      {!data && !error && <Skeleton height={320} variant="rounded" />}
      {data?.groups.map((group) => (
        <Box aria-labelledby={`group-${group.name}`} component="section" key={group.name} sx={{ mb: 4 }}>
          <Typography component="h2" id={`group-${group.name}`} sx={{ mb: 1 }} variant="subtitle1">
            {group.label[locale]}
          </Typography>
          <Card variant="outlined">
            {data.settings
              .filter((setting) => setting.group === group.name)
              .map((setting) => (
                <SettingRow key={setting.name} locale={locale} setting={setting} />
              ))}
          </Card>
        </Box>
      ))}
    </Box>
  );
}
