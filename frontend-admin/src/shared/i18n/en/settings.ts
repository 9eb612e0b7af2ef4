export const settings = {
  title: 'Settings',
  lead: 'In effect at once, without a restart. Every change is written in the audit log.',
  default: 'Default: %{value}',
  to_default: 'Back to the default: %{name}',
  saved: 'Saved: %{name}',
  undo: 'Undo',
  on: 'on',
  off: 'off',
  empty: 'empty',
  would_go: 'With %{days} days, %{n} conversations of %{n_users} users would go now.',
  would_go_none: 'With %{days} days, no conversation would go now.',
};
