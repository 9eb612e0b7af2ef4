/** What is going on in the list besides its rows: an open menu, a title being written, a question, a selection. */
import { create } from 'zustand';
import type { Session } from '@/shared/api/types';

export type Question = 'delete' | 'folder' | 'share';

interface ListUi {
  menu: { session: Session; anchor: HTMLElement } | null;
  renaming: number | null;
  asked: { about: Question; sessions: readonly Session[] } | null;
  /** Null while nothing is selected: rows are links then. */
  selected: ReadonlyMap<number, Session> | null;
  openMenu: (session: Session, anchor: HTMLElement) => void;
  closeMenu: () => void;
  rename: (id: number | null) => void;
  ask: (about: Question, sessions: readonly Session[]) => void;
  answer: () => void;
  select: (session: Session) => void;
  endSelection: () => void;
}

export const useListUi = create<ListUi>((set) => ({
  menu: null,
  renaming: null,
  asked: null,
  selected: null,
  openMenu: (session, anchor) => set({ menu: { session, anchor } }),
  closeMenu: () => set({ menu: null }),
  rename: (renaming) => set({ renaming, menu: null }),
  ask: (about, sessions) => set({ asked: { about, sessions }, menu: null }),
  answer: () => set({ asked: null, selected: null }),
  select: (session) =>
    set(({ selected }) => {
      const next = new Map(selected);
      if (!next.delete(session.id)) next.set(session.id, session);
      return { selected: next, menu: null };
    }),
  endSelection: () => set({ selected: null }),
}));
