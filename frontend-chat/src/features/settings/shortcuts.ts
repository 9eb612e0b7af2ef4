/** The keys and what they do. One list for the handler and for the dialog. */
import { useEffect, useRef } from 'react';

export type ShortcutName =
  | 'newChat'
  | 'search'
  | 'focus'
  | 'stop'
  | 'copyLast'
  | 'send'
  | 'newline'
  | 'previousMessage'
  | 'nextMessage'
  | 'list';

export const SHORTCUTS: readonly { name: ShortcutName; keys: string }[] = [
  { name: 'newChat', keys: 'Mod+Shift+O' },
  { name: 'search', keys: 'Mod+K' },
  { name: 'focus', keys: 'Shift+Esc' },
  { name: 'stop', keys: 'Mod+.' },
  { name: 'copyLast', keys: 'Mod+Shift+C' },
  { name: 'previousMessage', keys: 'Alt+↑' },
  { name: 'nextMessage', keys: 'Alt+↓' },
  { name: 'send', keys: 'Enter' },
  { name: 'newline', keys: 'Shift+Enter' },
  { name: 'list', keys: '?' },
];

const isMac = typeof navigator !== 'undefined' && navigator.userAgent.includes('Mac');

export function keysOf(keys: string): string[] {
  return keys.split('+').map((key) => (key === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : key));
}

export type ShortcutActs = Partial<Record<ShortcutName, () => void>>;

/** May be used by several parts of a page, each for its own acts. */
export function useShortcuts(acts: ShortcutActs): void {
  const latest = useRef(acts);
  useEffect(() => {
    latest.current = acts;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const act = latest.current[nameOf(event) ?? 'send'];
      if (!act || nameOf(event) === null) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function nameOf(event: KeyboardEvent): ShortcutName | null {
  if (event.isComposing) return null;
  const isMod = event.ctrlKey || event.metaKey;
  // `code`, not `key`: with the Korean layout on, the O key writes ㅐ.
  if (isMod && event.shiftKey && event.code === 'KeyO') return 'newChat';
  if (isMod && !event.shiftKey && event.code === 'KeyK') return 'search';
  if (isMod && event.shiftKey && event.code === 'KeyC') return 'copyLast';
  if (isMod && !event.shiftKey && event.code === 'Period') return 'stop';
  if (event.shiftKey && event.key === 'Escape') return 'focus';
  if (event.key === '?' && !isMod && !isWriting(event.target)) return 'list';
  return null;
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
