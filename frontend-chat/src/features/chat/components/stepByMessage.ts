/** Alt+↑ and Alt+↓ step from message to message, so that a long answer need not be tabbed through. */
import type { KeyboardEvent } from 'react';

export function stepByMessage(event: KeyboardEvent<HTMLElement>): void {
  if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-testid=message]')];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const step = event.key === 'ArrowUp' ? -1 : 1;
  const next = at < 0 ? items.at(step < 0 ? -1 : 0) : items[at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}
