/** Sessions in which an answer ended while another was open. Remembered by this browser. */
import { create } from 'zustand';

interface Unread {
  ids: ReadonlySet<number>;
  mark: (id: number) => void;
  read: (id: number) => void;
}

const KEY = 'maru.unread';
const MAX = 500;

function stored(): ReadonlySet<number> {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return new Set(Array.isArray(ids) ? ids.filter(Number.isSafeInteger) : []);
  } catch {
    return new Set();
  }
}

function keep(ids: ReadonlySet<number>): { ids: ReadonlySet<number> } {
  localStorage.setItem(KEY, JSON.stringify([...ids].slice(-MAX)));
  return { ids };
}

export const useUnread = create<Unread>((set) => ({
  ids: stored(),
  mark: (id) => set(({ ids }) => keep(new Set(ids).add(id))),
  read: (id) => set(({ ids }) => (ids.has(id) ? keep(new Set([...ids].filter((one) => one !== id))) : {})),
}));
