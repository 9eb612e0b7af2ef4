/** One conversation: figures and who read it. Its text is behind glass. */
import { Alert, Box, Typography } from '@mui/material';
import {
  NumberField,
  ReferenceField,
  Show,
  SimpleShowLayout,
  TextField,
  useLocale,
  usePermissions,
  useRecordContext,
  useTranslate,
} from 'react-admin';
import type { SessionDetail } from '@/shared/api/glass';
import { Moment } from '@/shared/Moment';
import { Glass } from './Glass';

export function SessionShow() {
  const translate = useTranslate();
  const { permissions } = usePermissions<'staff' | 'superuser'>();
  return (
    <Show actions={false}>
      <SimpleShowLayout>
        <ReferenceField link="show" reference="users" source="user">
          <TextField source="username" />
        </ReferenceField>
        <NumberField source="n_messages" />
        <TextField emptyText="–" source="model" />
        <Moment source="created_at" />
        <Moment source="last_activity_at" />
        <Readers />
        <Alert severity="info" variant="outlined">
          {translate('maru.glass.behind')}
        </Alert>
        {permissions === 'superuser' && <Glass />}
      </SimpleShowLayout>
    </Show>
  );
}

function Readers() {
  const session = useRecordContext<SessionDetail>();
  const translate = useTranslate();
  const locale = useLocale();
  if (!session) return null;
  return (
    <Box aria-labelledby="readers" component="section" sx={{ my: 1 }}>
      <Typography component="h2" id="readers" variant="subtitle2">
        {translate('maru.glass.readers')}
      </Typography>
      {session.openings.length === 0 && (
        <Typography color="textSecondary" variant="body2">
          {translate('maru.glass.nobody')}
        </Typography>
      )}
      {session.openings.map((one) => (
        <Typography key={one.id} sx={{ overflowWrap: 'anywhere' }} variant="body2">
          {new Date(one.opened_at).toLocaleString(locale)} · {one.reader ?? translate('maru.glass.gone')} ·{' '}
          {translate(`maru.glass.kind_${one.kind}`)} · {one.reason}
        </Typography>
      ))}
    </Box>
  );
}
