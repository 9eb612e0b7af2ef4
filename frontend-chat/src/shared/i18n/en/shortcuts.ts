export const shortcuts = {
  title: 'Keyboard shortcuts',
  newChat: 'New chat',
  search: 'Search conversations',
  focus: 'Go to the message box',
  stop: 'Stop the answer',
  copyLast: 'Copy the last answer',
  send: 'Send',
  newline: 'New line',
  previousMessage: 'Previous message',
  nextMessage: 'Next message',
  list: 'This list',
};
