/**
 * The socket of the live figures: asks for them, asks again before the server stops sending, and comes back when it is lost.
 * A frame comes every second while it is open, so silence means that the line is dead.
 */
import type { components } from '@/shared/api/schema';

export type Stats = components['schemas']['Stats'];
export type ModelPulls = components['schemas']['ModelPulls'];
export type Line = 'connecting' | 'open' | 'lost' | 'refused';

interface Listener {
  onStats?: (stats: Stats) => void;
  onPulls?: (pulls: ModelPulls) => void;
  onLine?: (line: Line) => void;
}

export const WATCH = JSON.stringify({ type: 'watch_stats' });
const RENEW_EVERY_MS = 10_000;
const SILENCE_MS = 6_000;
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000];
// Signed out, a foreign page: trying again changes nothing.
const FOR_GOOD = new Set([4401, 4403]);

const isLookedAt = () => document.visibilityState === 'visible';

/** What of this line is for the administration; null for all else. */
export function parseFigures(text: unknown): Stats | ModelPulls | null {
  if (typeof text !== 'string') return null;
  try {
    const frame = JSON.parse(text) as Partial<Stats & { pulls: unknown }> | null;
    const type: string | undefined = frame?.type;
    if (type === 'stats' && Array.isArray(frame?.requests) && Array.isArray(frame.engines)) return frame as Stats;
    return type === 'model_pulls' && Array.isArray(frame?.pulls) ? (frame as unknown as ModelPulls) : null;
  } catch {
    return null;
  }
}

/** Opens the line; what is returned closes it. */
export function watchFigures({ onStats, onPulls, onLine }: Listener): () => void {
  let socket: WebSocket | null = null;
  let nLost = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let heardAt = 0;
  let isClosed = false;

  const open = () => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const line = new WebSocket(`${scheme}://${location.host}/ws/events/`, 'maru.v1');
    socket = line;
    onLine?.('connecting');
    line.addEventListener('open', () => {
      heardAt = Date.now();
      if (isLookedAt()) line.send(WATCH);
    });
    line.addEventListener('message', (event) => {
      const figures = parseFigures(event.data);
      if (figures === null) return;
      heardAt = Date.now();
      nLost = 0;
      onLine?.('open');
      if (figures.type === 'stats') onStats?.(figures);
      else onPulls?.(figures);
    });
    line.addEventListener('close', (event) => {
      if (isClosed || socket !== line) return;
      socket = null;
      onLine?.(FOR_GOOD.has(event.code) ? 'refused' : 'lost');
      if (!FOR_GOOD.has(event.code)) timer = setTimeout(open, BACK_OFF_MS[Math.min(nLost++, BACK_OFF_MS.length - 1)]);
    });
  };

  const tend = setInterval(() => {
    if (!isLookedAt()) heardAt = Date.now();
    else if (socket?.readyState === WebSocket.OPEN && Date.now() - heardAt > SILENCE_MS) socket.close();
  }, SILENCE_MS / 2);
  const renew = setInterval(() => {
    // A page nobody looks at costs the server nothing: it is not asked for again until it is looked at.
    if (socket?.readyState === WebSocket.OPEN && isLookedAt()) socket.send(WATCH);
  }, RENEW_EVERY_MS);
  const wake = () => {
    if (!isLookedAt() || socket?.readyState !== WebSocket.OPEN) return;
    heardAt = Date.now();
    socket.send(WATCH);
  };
  document.addEventListener('visibilitychange', wake);
  open();

  return () => {
    isClosed = true;
    clearTimeout(timer);
    clearInterval(tend);
    clearInterval(renew);
    document.removeEventListener('visibilitychange', wake);
    socket?.close(1000);
  };
}
