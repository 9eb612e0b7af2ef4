/**
 * One reconnecting socket: back-off with jitter, and a heartbeat that finds a dead line. Knows frames, not what they mean.
 * Nothing is buffered while the line is down: whoever sends decides what is still worth sending after a reconnect.
 */
import { WebSocket as ReconnectingSocket } from 'partysocket';
import { type ClientFrame, frames } from './frames';
import { parseServerFrame, type ServerFrame } from './serverFrames';

export type LineState = 'connecting' | 'open' | 'lost' | 'restarting' | 'signed_out' | 'refused' | 'missing';

export interface Connection {
  /** False when the line is down; the frame is then gone. */
  send: (frame: ClientFrame) => boolean;
  close: () => void;
  reconnect: () => void;
}

export interface ConnectionListener {
  onFrame: (frame: ServerFrame) => void;
  onLine: (state: LineState, closeCode?: number) => void;
}

export type Connect = (path: string, listener: ConnectionListener) => Connection;

const CLOSED_FOR_GOOD: Record<number, LineState> = { 4401: 'signed_out', 4403: 'refused', 4404: 'missing' };
const PING_EVERY_MS = 15_000;
const PONG_WITHIN_MS = 5_000;
/** So long a dead line may take what is sent. */
export const DEAD_UNNOTICED_MS = PING_EVERY_MS + PONG_WITHIN_MS;

export const connect: Connect = (path, listener) => {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
  const socket = new ReconnectingSocket(url, 'maru.v1', {
    minReconnectionDelay: 300 + Math.random() * 700,
    maxReconnectionDelay: 5_000 + Math.random() * 3_000,
    reconnectionDelayGrowFactor: 1.6,
    connectionTimeout: 8_000,
    maxEnqueuedMessages: 0,
    shouldReconnectOnClose: (event) => !(event.code in CLOSED_FOR_GOOD),
  });
  const heartbeat = startHeartbeat(socket);

  socket.addEventListener('open', () => {
    heartbeat.heard();
    listener.onLine('open');
  });
  socket.addEventListener('message', (event) => {
    heartbeat.heard();
    const frame = parseServerFrame(event.data);
    if (frame !== null && frame.type !== 'pong') listener.onFrame(frame);
  });
  socket.addEventListener('close', (event) => {
    heartbeat.heard(); // HAZARD: an unanswered ping would open anew what is closed for good
    const state = CLOSED_FOR_GOOD[event.code] ?? (event.code === 4503 ? 'restarting' : 'lost');
    listener.onLine(state, event.code);
  });

  return {
    send: (frame) => {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    reconnect: () => socket.reconnect(),
    close: () => {
      heartbeat.stop();
      socket.close(1000);
    },
  };
};

function startHeartbeat(socket: ReconnectingSocket): { heard: () => void; stop: () => void } {
  let overdue: ReturnType<typeof setTimeout> | undefined;

  const heard = () => clearTimeout(overdue);
  const probe = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(frames.ping()));
    clearTimeout(overdue);
    overdue = setTimeout(() => socket.reconnect(4000, 'no answer to a ping'), PONG_WITHIN_MS);
  };
  // A laptop that wakes up, or a network that comes back, must not wait for the back-off.
  const wake = () => {
    if (document.visibilityState === 'hidden') return;
    if (socket.readyState === WebSocket.OPEN) probe();
    else if (socket.shouldReconnect) socket.reconnect();
  };

  const every = setInterval(probe, PING_EVERY_MS);
  globalThis.addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  return {
    heard,
    stop: () => {
      clearInterval(every);
      clearTimeout(overdue);
      globalThis.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
    },
  };
}
