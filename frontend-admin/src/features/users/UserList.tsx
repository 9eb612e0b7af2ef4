/** All accounts: search, filters, order. On a phone one line per person. */
import { useMediaQuery, type Theme } from '@mui/material';
import {
  Datagrid,
  List,
  NumberField,
  NullableBooleanInput,
  SearchInput,
  SimpleList,
  TopToolbar,
  FilterButton,
  useTranslate,
} from 'react-admin';
import { Day, Moment } from '@/shared/Moment';
import { InviteButton, NewUserButton } from './NewPeople';
import { NameField, RoleField, roleOf, StateField, type AdminUser } from './RoleField';

const filters = [
  <SearchInput alwaysOn key="q" source="q" />,
  <NullableBooleanInput key="is_staff" source="is_staff" />,
  <NullableBooleanInput key="is_superuser" source="is_superuser" />,
  <NullableBooleanInput key="is_active" source="is_active" />,
];
const byNewest = { field: 'id', order: 'DESC' } as const;
const actions = (
  <TopToolbar>
    <FilterButton />
    <InviteButton />
    <NewUserButton />
  </TopToolbar>
);

function People() {
  const translate = useTranslate();
  const isNarrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('md'));
  if (isNarrow) {
    return (
      <SimpleList<AdminUser>
        primaryText={(user) => user.display_name || user.username}
        secondaryText={(user) => user.email || user.username}
        rowClick="show"
        tertiaryText={(user) => translate(`maru.role.${roleOf(user)}`)}
      />
    );
  }
  return (
    <Datagrid bulkActionButtons={false} rowClick="show">
      <NameField source="username" />
      <RoleField label="resources.users.fields.role" />
      <StateField label="resources.users.fields.is_active" />
      <NumberField source="n_sessions" />
      <NumberField source="messages_today" sortByOrder="DESC" />
      <NumberField source="tokens_today" sortByOrder="DESC" />
      <Moment source="last_activity_at" />
      <Day source="date_joined" />
    </Datagrid>
  );
}

export function UserList() {
  return (
    <List actions={actions} filters={filters} perPage={25} sort={byNewest}>
      <People />
    </List>
  );
}
