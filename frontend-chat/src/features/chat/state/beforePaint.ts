/** Runs it once before the next paint, or when the tab is hidden or shown: then no paint may come. */
export function beforePaint(flush: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    document.removeEventListener('visibilitychange', once);
    flush();
  };
  requestAnimationFrame(once);
  document.addEventListener('visibilitychange', once);
}
