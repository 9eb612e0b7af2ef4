/**
 * Keeps the end in view while text grows, unless the reader has gone up: then nothing moves until they come back. Only the
 * reader's own hand going up (wheel, touch, keys, scroll bar) can end the following; a layout that shrinks or shifts cannot.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const NEAR_PX = 64;
const HAND_MS = 400;
const UP_KEYS = new Set(['ArrowUp', 'PageUp', 'Home', ' ']);

export interface Follow {
  isAway: boolean;
  toEnd: () => void;
  onScroll: () => void;
}

export function useFollow(scroller: RefObject<HTMLElement | null>): Follow {
  const isFollowing = useRef(true);
  const handAt = useRef(Number.NEGATIVE_INFINITY);
  const lastTop = useRef(0);
  const [isAway, setIsAway] = useState(false);

  const toEnd = useCallback(() => {
    isFollowing.current = true;
    setIsAway(false);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [scroller]);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    const isUp = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (isNear && !(isUp && isHand(handAt.current))) isFollowing.current = true;
    else if (isUp && isHand(handAt.current)) isFollowing.current = false;
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
      if (isFollowing.current) element.scrollTop = element.scrollHeight;
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

  return { isAway, toEnd, onScroll };
}

function isHand(at: number): boolean {
  return performance.now() - at < HAND_MS;
}
