export const line = {
  lost: 'The connection is lost. Trying to reconnect…',
  restarting: 'Maru is restarting. Back in a moment…',
  offline: 'You are offline. What is loaded stays readable.',
  kept: 'You see what this device has kept. What you send goes out once, as soon as Maru is reachable.',
  refused: 'This address may not open a connection. Ask the administrator to allow it.',
  now: 'Reconnect now',
};
