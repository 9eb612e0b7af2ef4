/** Sessions in which an answer ended while another was open. */
import { create } from 'zustand';

interface Unread {
  ids: ReadonlySet<number>;
  mark: (id: number) => void;
  read: (id: number) => void;
}

export const useUnread = create<Unread>((set) => ({
  ids: new Set(),
  mark: (id) => set(({ ids }) => ({ ids: new Set(ids).add(id) })),
  read: (id) =>
    set(({ ids }) => {
      if (!ids.has(id)) return {};
      const rest = new Set(ids);
      rest.delete(id);
      return { ids: rest };
    }),
}));
