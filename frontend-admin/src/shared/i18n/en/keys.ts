export const keys = {
  title: 'API keys',
  lead: 'Their limits stand below the account’s. The owner can change them and make other keys: what must hold belongs to the account.',
  none: 'This account has none.',
  state: '%{start}… · %{scopes} · last used %{used} · today %{messages} messages, %{tokens} tokens',
  save: 'Save',
  save_of: 'Save the limits of “%{name}”',
  remove: 'Delete',
  remove_of: 'Delete “%{name}”',
  removed: 'The key is deleted',
  ask: 'Delete “%{name}”? Programs that use it stop at once.',
};
