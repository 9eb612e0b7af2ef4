/** Puts the number of conversations with a new answer before the page's title: “(2) Maru”. */
import { useEffect } from 'react';
import { useUnread } from './useUnread';

const COUNT = /^\(\d+\) /;

export function useUnreadTitle(): void {
  const count = useUnread((ids) => ids.length);
  useEffect(() => {
    const show = () => {
      const bare = document.title.replace(COUNT, '');
      const next = count > 0 ? `(${count}) ${bare}` : bare;
      if (document.title !== next) document.title = next;
    };
    show();
    const title = document.querySelector('title');
    if (!title) return;
    // Pages set their titles as they come: the number stays before each.
    const observer = new MutationObserver(show);
    observer.observe(title, { childList: true });
    return () => observer.disconnect();
  }, [count]);
}
