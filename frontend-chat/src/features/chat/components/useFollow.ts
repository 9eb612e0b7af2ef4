/**
 * Keeps the end in view while text grows, unless the reader has gone up: then nothing moves until they come back. A layout that
 * shrinks or shifts does not end the following; the reader's hand does (wheel, touch, keys, scroll bar), and so does whatever else
 * goes up further than the layout has shrunk, for them: find in page, a screen reader, the focus, a link.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const NEAR_PX = 64;
const HAND_MS = 400;
const UP_KEYS = new Set(['ArrowUp', 'PageUp', 'Home', ' ']);

export interface Follow {
  isAway: boolean;
  toEnd: () => void;
  /** Before a scroll of our own, which may take several moves: nothing is followed until `settle`. */
  hold: () => void;
  /** From here on the end is followed where it is in view. */
  settle: () => void;
  onScroll: () => void;
}

export function useFollow(scroller: RefObject<HTMLElement | null>): Follow {
  const isFollowing = useRef(true);
  const isHeld = useRef(false);
  const handAt = useRef(Number.NEGATIVE_INFINITY);
  const seen = useRef({ top: 0, height: 0 });
  const [isAway, setIsAway] = useState(false);

  const toEnd = useCallback(() => {
    isHeld.current = false;
    isFollowing.current = true;
    setIsAway(false);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [scroller]);

  const hold = useCallback(() => {
    isHeld.current = true;
  }, []);

  const settle = useCallback(() => {
    isHeld.current = false;
    if (scroller.current) isFollowing.current = isNearEnd(scroller.current);
  }, [scroller]);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const isNear = isNearEnd(element);
    const before = seen.current;
    const now = placeOf(element);
    seen.current = now;
    const up = before.top - now.top;
    const byLayout = Math.max(0, before.height - now.height);
    if (up > 0 && isHand(handAt.current)) isFollowing.current = false;
    else if (isNear) isFollowing.current = true;
    else if (up - byLayout > NEAR_PX) isFollowing.current = false;
    setIsAway(!isNear);
  }, [scroller]);

  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const onHand = () => {
      handAt.current = performance.now();
    };
    const onWheel = (event: WheelEvent) => event.deltaY < 0 && onHand();
    const onKey = (event: KeyboardEvent) => UP_KEYS.has(event.key) && onHand();
    const observer = new ResizeObserver(() => {
      if (isFollowing.current && !isHeld.current) element.scrollTop = element.scrollHeight;
      seen.current = placeOf(element);
    });
    observer.observe(content);
    observer.observe(element);
    const listening = new AbortController();
    const passive = { passive: true, signal: listening.signal };
    element.addEventListener('wheel', onWheel, passive);
    element.addEventListener('keydown', onKey, passive);
    element.addEventListener('touchmove', onHand, passive);
    element.addEventListener('pointerdown', onHand, passive);
    return () => {
      observer.disconnect();
      listening.abort();
    };
  }, [scroller]);

  return { isAway, toEnd, hold, settle, onScroll };
}

function isHand(at: number): boolean {
  return performance.now() - at < HAND_MS;
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < NEAR_PX;
}

function placeOf({ scrollHeight, scrollTop }: HTMLElement) {
  return { top: scrollTop, height: scrollHeight };
}
