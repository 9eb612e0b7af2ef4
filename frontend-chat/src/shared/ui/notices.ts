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

interface Notice {
  title: string;
  /** Of two with the same tag the browser shows the later one. */
  tag: string;
  /** The page that it leads to. */
  path: string;
}

/** `open` is called with the path when somebody clicks it while this page still lives. */
export function notify({ title, tag, path }: Notice, open: (path: string) => void): void {
  if (!isOn() || (document.visibilityState === 'visible' && document.hasFocus())) return;
  const options = { tag, icon: '/icons/icon-192.png', data: path };
  try {
    const notice = new Notification(title, options);
    notice.addEventListener('click', () => {
      globalThis.focus();
      notice.close();
      open(path);
    });
  } catch {
    // Chrome on Android lets only a service worker show them (app/serviceWorker.js hears the click then).
    navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options)).catch(() => undefined);
  }
}
