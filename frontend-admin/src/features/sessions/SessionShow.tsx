/** One conversation: figures and who read it. Its text is behind glass. */
import { Alert } from '@mui/material';
import {
  NumberField,
  ReferenceField,
  Show,
  SimpleShowLayout,
  TextField,
  usePermissions,
  useTranslate,
} from 'react-admin';
import { Moment } from '@/shared/Moment';
import { Glass } from './Glass';
import { Readers } from './Readers';

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
