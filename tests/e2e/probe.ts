/** What a page does while it is looked at: long tasks, layout shifts, frames, changes of the DOM. Installed before the page's own code. */
import type { Page } from '@playwright/test';

export interface Observed {
  longTasks: number[];
  layoutShift: number;
  lcpMs: number;
  /** Times between animation frames since `watchFrames`. */
  frames: number[];
  /** Frames in which a message was changed, by its id; and the most batches of changes one message had in a frame. */
  changed: Record<string, number>;
  maxChangesPerFrame: number;
  maxNodes: number;
}

export async function install(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = {
      longTasks: [] as number[],
      layoutShift: 0,
      lcpMs: 0,
      frames: [] as number[],
      changed: {} as Record<string, number>,
      maxChangesPerFrame: 0,
      maxNodes: 0,
    };
    Object.assign(window, { maruSeen: seen });
    const on = (type: string, hear: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, buffered: true });
    on('longtask', (entry) => seen.longTasks.push(entry.duration));
    on('largest-contentful-paint', (entry) => (seen.lcpMs = entry.startTime));
    on('layout-shift', (entry) => {
      const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      if (!shift.hadRecentInput) seen.layoutShift += shift.value;
    });
  });
}

/** From now on: frames, and which messages change in them. */
export async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = (window as unknown as { maruSeen: Observed }).maruSeen;
    Object.assign(seen, { longTasks: [], layoutShift: 0, frames: [], changed: {}, maxChangesPerFrame: 0, maxNodes: 0 });
    let inThisFrame = new Map<string, number>();
    new MutationObserver((records) => {
      const ids = new Set<string>();
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        const id = element?.closest('[data-testid=message]')?.getAttribute('data-message-id');
        if (id) ids.add(id);
      }
      for (const id of ids) inThisFrame.set(id, (inThisFrame.get(id) ?? 0) + 1);
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    let before = performance.now();
    const frame = (now: number) => {
      seen.frames.push(now - before);
      before = now;
      for (const [id, count] of inThisFrame) {
        seen.changed[id] = (seen.changed[id] ?? 0) + 1;
        seen.maxChangesPerFrame = Math.max(seen.maxChangesPerFrame, count);
      }
      inThisFrame = new Map();
      if (seen.frames.length % 30 === 0) seen.maxNodes = Math.max(seen.maxNodes, document.querySelectorAll('*').length);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

export function observed(page: Page): Promise<Observed> {
  return page.evaluate(() => (window as unknown as { maruSeen: Observed }).maruSeen);
}
