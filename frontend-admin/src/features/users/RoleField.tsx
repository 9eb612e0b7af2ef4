/** What somebody may do here, as one word. */
import { Chip, Typography } from '@mui/material';
import type { FC } from 'react';
import { useRecordContext, useTranslate } from 'react-admin';
import type { components } from '@/shared/api/schema';

export type AdminUser = components['schemas']['AdminUser'];

export function roleOf(user: Pick<AdminUser, 'is_staff' | 'is_superuser'>): 'superuser' | 'staff' | 'user' {
  if (user.is_superuser) return 'superuser';
  return user.is_staff ? 'staff' : 'user';
}

/** react-admin reads a column's head from the props of its element; the fields themselves do not need them. */
type Column = FC<{ label?: string; source?: string }>;

/** What somebody signs in with, and below it what he calls himself and where he is written to. */
export const NameField: Column = () => {
  const user = useRecordContext<AdminUser>();
  if (!user) return null;
  return (
    <>
      <Typography variant="body2">{user.username}</Typography>
      <Typography color="textSecondary" variant="caption">
        {[user.display_name, user.email].filter(Boolean).join(' · ')}
      </Typography>
    </>
  );
};

export const RoleField: Column = () => {
  const user = useRecordContext<AdminUser>();
  const translate = useTranslate();
  if (!user) return null;
  const role = roleOf(user);
  const color = { superuser: 'primary', staff: 'secondary', user: 'default' } as const;
  return <Chip color={color[role]} label={translate(`maru.role.${role}`)} size="small" variant="outlined" />;
};

export const StateField: Column = () => {
  const user = useRecordContext<AdminUser>();
  const translate = useTranslate();
  if (!user) return null;
  return (
    <Chip
      color={user.is_active ? 'success' : 'error'}
      label={translate(user.is_active ? 'maru.state.active' : 'maru.state.inactive')}
      size="small"
      variant="outlined"
    />
  );
};
