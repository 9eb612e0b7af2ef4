/** Holds the queries back until the first picture is there: seven requests are made in a tenth of a second on a slow processor. */
import { IsRestoringProvider } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';

const HIDDEN_MS = 250; // a page that is not looked at gets no frames

export function PictureFirst({ children }: { children: ReactNode }) {
  const [isWaiting, setIsWaiting] = useState(true);
  useEffect(() => {
    const go = () => setIsWaiting(false);
    let behind: ReturnType<typeof setTimeout> | undefined;
    // A frame's callbacks run before it is drawn, and what they put off runs after.
    const frame = requestAnimationFrame(() => {
      behind = setTimeout(go);
    });
    const hidden = setTimeout(go, HIDDEN_MS);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(behind);
      clearTimeout(hidden);
    };
  }, []);
  return <IsRestoringProvider value={isWaiting}>{children}</IsRestoringProvider>;
}
