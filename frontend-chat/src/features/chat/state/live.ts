/** The offset rule (PROTOCOL §2): equal appends, smaller trims the overlap, larger asks for the whole text. Pure. */
import type { Message } from '@/shared/api/types';
import { codePointLength, dropCodePoints } from './text';
import type { Live } from './types';

export function liveFrom(text: string, status: Live['status']): Live {
  return { text, length: codePointLength(text), status, position: null, eta_ms: null, hasGap: false };
}

export function isLiveStatus(status: string): status is Live['status'] {
  return status === 'queued' || status === 'streaming';
}

export function applyDelta(live: Live, offset: number, chunk: string): Live {
  if (live.hasGap) return live;
  if (offset > live.length) return { ...live, hasGap: true };
  const news = offset === live.length ? chunk : dropCodePoints(chunk, live.length - offset);
  if (news === '') return live;
  return {
    ...live,
    text: live.text + news,
    length: live.length + codePointLength(news),
    status: 'streaming',
    position: null,
    eta_ms: null,
  };
}

/**
 * A delta for a reply we do not know as running: null when it is only late (the stored text already has it), else a live
 * text with a gap, which makes the caller ask for the whole.
 */
export function liveFromStrayDelta(row: Message | undefined, offset: number, chunk: string): Live | null {
  if (!row)
    return { ...liveFrom('', 'streaming'), hasGap: offset > 0, ...(offset === 0 ? liveFrom(chunk, 'streaming') : {}) };
  const base = liveFrom(row.content, 'streaming');
  if (isLiveStatus(row.status)) return applyDelta(base, offset, chunk);
  return offset + codePointLength(chunk) > base.length ? { ...base, hasGap: true } : null;
}
