/** One account, and how much it is used. What was said stays with its owner. */
import { Alert } from '@mui/material';
import { FunctionField, NumberField, Show, SimpleShowLayout, TextField, useTranslate } from 'react-admin';
import { Moment } from '@/shared/Moment';
import { Email } from './Email';
import { RoleField, StateField, type AdminUser } from './RoleField';
import { UserKeys } from './UserKeys';
import { UserLimits } from './UserLimits';
import { UserActs } from './UserActs';

export function UserShow() {
  const translate = useTranslate();
  return (
    <Show actions={false}>
      <SimpleShowLayout>
        <UserActs />
        <TextField source="username" />
        <TextField source="display_name" emptyText="–" />
        <Email source="email" />
        <RoleField label="resources.users.fields.role" />
        <StateField label="resources.users.fields.is_active" />
        <FunctionField<AdminUser>
          render={(user) => translate(`maru.language.${user.language || 'auto'}`)}
          source="language"
        />
        <Moment source="date_joined" />
        <Moment source="last_login" />
        <Moment source="last_activity_at" />
        <NumberField source="n_sessions" />
        <UserLimits />
        <UserKeys />
        <Alert severity="info" variant="outlined">
          {translate('maru.users.private')}
        </Alert>
      </SimpleShowLayout>
    </Show>
  );
}
