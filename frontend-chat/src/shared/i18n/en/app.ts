export const app = {
  name: 'Maru',
  tagline: 'Your own chat, on your own machine.',
  skip: 'Skip to the conversation',
  loading: 'Loading…',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  retry: 'Try again',
  undo: 'Undo',
  back: 'Back to the chat',
  newVersion: 'A new version of Maru is ready.',
  reload: 'Load it',
};
