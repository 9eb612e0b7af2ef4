/** An address to write to, or a dash: react-admin would make a link of an empty one, which has no name. */
import { EmailField, TextField, useRecordContext } from 'react-admin';
import type { AdminUser } from './RoleField';

export function Email({ source }: { source: 'email'; sortable?: boolean }) {
  const user = useRecordContext<AdminUser>();
  return user?.email ? <EmailField source={source} /> : <TextField emptyText="–" source="" />;
}
