/** API keys of the account that is shown: what each may, what it used today, and its end. Never its text. */
import { Box, Divider, Stack, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { useGetIdentity, usePermissions, useRecordContext, useTranslate } from 'react-admin';
import { type AdminUser, people } from '@/shared/api/people';
import { KeyRow, keysOf } from './KeyRow';

export function UserKeys() {
  const translate = useTranslate();
  const user = useRecordContext<AdminUser>();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  const { identity } = useGetIdentity();
  const id = user?.id ?? 0;
  const { data } = useQuery({ queryKey: keysOf(id), queryFn: () => people.keys(id), enabled: id > 0 });
  if (!user || !data) return null;
  const mayChange = identity?.id !== id && (user.role === 'user' || permissions === 'superuser');
  return (
    <Box aria-labelledby="keys-title" component="section" sx={{ my: 2 }}>
      <Typography component="h2" id="keys-title" variant="subtitle1">
        {translate('maru.keys.title')}
      </Typography>
      <Typography color="textSecondary" sx={{ mb: 1 }} variant="body2">
        {translate(data.length > 0 ? 'maru.keys.lead' : 'maru.keys.none')}
      </Typography>
      <Stack divider={<Divider />} spacing={2}>
        {data.map((key) => (
          <KeyRow apiKey={key} key={`${key.id} ${JSON.stringify(key.limits)}`} mayChange={mayChange} userId={id} />
        ))}
      </Stack>
    </Box>
  );
}
