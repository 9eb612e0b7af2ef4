/** All conversations: whose, how long, how old. Never their titles or texts: the server does not send them. */
import { Chip, Stack, useMediaQuery, type Theme } from '@mui/material';
import {
  Datagrid,
  FilterButton,
  FunctionField,
  List,
  NullableBooleanInput,
  NumberField,
  ReferenceField,
  SearchInput,
  SimpleList,
  TextField,
  TopToolbar,
  useTranslate,
} from 'react-admin';
import type { components } from '@/shared/api/schema';
import { Moment } from '@/shared/Moment';

type AdminSession = components['schemas']['AdminSession'];

const filters = [
  <SearchInput alwaysOn key="q" source="q" />,
  <NullableBooleanInput key="archived" source="archived" />,
  <NullableBooleanInput key="is_temporary" source="is_temporary" />,
];
const byActivity = { field: 'last_activity_at', order: 'DESC' } as const;
const actions = (
  <TopToolbar>
    <FilterButton />
  </TopToolbar>
);

function Flags({ session }: { session: AdminSession }) {
  const translate = useTranslate();
  const flags = [
    session.pinned && 'pinned',
    session.archived && 'archived',
    session.is_temporary && 'temporary',
  ].filter((flag) => typeof flag === 'string');
  return (
    <Stack direction="row" spacing={0.5}>
      {flags.map((flag) => (
        <Chip key={flag} label={translate(`maru.sessions.${flag}`)} size="small" variant="outlined" />
      ))}
    </Stack>
  );
}

function Conversations() {
  const translate = useTranslate();
  const isNarrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('md'));
  if (isNarrow) {
    return (
      <SimpleList<AdminSession>
        primaryText={(session) => session.username}
        rowClick="show"
        secondaryText={(session) => session.model || translate('maru.sessions.none')}
        tertiaryText={(session) => session.n_messages}
      />
    );
  }
  return (
    <Datagrid bulkActionButtons={false} rowClick="show">
      <NumberField source="id" />
      <ReferenceField link="show" reference="users" sortable={false} source="user">
        <TextField source="username" />
      </ReferenceField>
      <NumberField source="n_messages" />
      <TextField source="model" sortable={false} emptyText="–" />
      <FunctionField<AdminSession> label="maru.sessions.flags" render={(session) => <Flags session={session} />} />
      <Moment source="created_at" />
      <Moment source="last_activity_at" />
    </Datagrid>
  );
}

export function SessionList() {
  return (
    <List actions={actions} filters={filters} perPage={25} sort={byActivity}>
      <Conversations />
    </List>
  );
}
