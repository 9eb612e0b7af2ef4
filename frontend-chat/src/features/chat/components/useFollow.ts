/**
 * Keeps the end in view while text grows, unless the reader has gone up: then nothing moves until they come back. Only the
 * reader's own hand (wheel, touch, keys, scroll bar) can end the following; a layout that shifts cannot.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const NEAR_PX = 64;
const HAND_MS = 400;
const HANDS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const;

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
    const observer = new ResizeObserver(() => {
      if (isFollowing.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    for (const name of HANDS) element.addEventListener(name, onHand, { passive: true });
    return () => {
      observer.disconnect();
      for (const name of HANDS) element.removeEventListener(name, onHand);
    };
  }, [scroller]);

  return { isAway, toEnd, onScroll };
}

function isHand(at: number): boolean {
  return performance.now() - at < HAND_MS;
}
