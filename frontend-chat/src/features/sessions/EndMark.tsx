/** Calls for the next page when it comes into view. */
import Skeleton from '@mui/material/Skeleton';
import { useEffect, useRef } from 'react';

export function EndMark({ onSeen, isLoading }: { onSeen: () => void; isLoading: boolean }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!ref.current || isLoading) return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onSeen(), {
      rootMargin: '200px',
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [onSeen, isLoading]);
  return (
    <div ref={ref}>
      <Skeleton width="70%" height={36} sx={{ mx: 1.5 }} />
    </div>
  );
}
