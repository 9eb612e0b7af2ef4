export const crash = {
  title: 'Something broke',
  text: 'This part of the page stopped working. Your conversation is safe on the server.',
  reload: 'Load the page again',
};
