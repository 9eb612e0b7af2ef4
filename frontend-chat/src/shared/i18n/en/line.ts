export const line = {
  lost: 'The connection is lost. Trying to reconnect…',
  restarting: 'Maru is restarting. Back in a moment…',
  offline: 'You are offline. What is loaded stays readable.',
  refused: 'This address may not open a connection. Ask the administrator to allow it.',
  now: 'Reconnect now',
};
