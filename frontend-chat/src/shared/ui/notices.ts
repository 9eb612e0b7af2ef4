/** Notifications of this browser: wanted by a switch, allowed by the browser, shown only while the page is not looked at. */
import { useSyncExternalStore } from 'react';
import { localKept } from '@/shared/storage';

const WANTED = 'maru.notices';
type State = NotificationPermission | 'missing';

const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());
const state = (): State => ('Notification' in globalThis ? Notification.permission : 'missing');
const isOn = () => state() === 'granted' && localKept.getItem(WANTED) === '1';
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useNotices() {
  const on = useSyncExternalStore(subscribe, isOn);
  return { isOn: on, state: state(), turn };
}

/** Asks the browser only when somebody turns the switch. */
function turn(next: boolean): void {
  localKept.setItem(WANTED, next ? '1' : '0');
  changed();
  if (next && state() === 'default') Notification.requestPermission().then(changed, changed);
}

export function notify(title: string, tag: string, onOpen: () => void): void {
  if (!isOn() || (document.visibilityState === 'visible' && document.hasFocus())) return;
  const notice = new Notification(title, { tag, icon: '/icons/icon-192.png' });
  notice.addEventListener('click', () => {
    globalThis.focus();
    notice.close();
    onOpen();
  });
}
