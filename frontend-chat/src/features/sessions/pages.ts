/** Where a session stands in the loaded pages of a list. Pure: live events change lists without asking the server again. */
import type { InfiniteData } from '@tanstack/react-query';
import type { Page, Session } from '@/shared/api/types';

export type Pages = InfiniteData<Page<Session>, string | null>;

export interface ListFilter {
  pinned?: boolean;
  archived?: boolean;
  folder?: string;
  in_folder?: boolean;
}

/** Newest activity first, as the server orders them. */
function isBefore(one: Session, other: Session): boolean {
  if (one.last_activity_at !== other.last_activity_at) return one.last_activity_at > other.last_activity_at;
  return one.id > other.id;
}

export function withoutSession(pages: Pages, id: number): Pages {
  if (!pages.pages.some((page) => page.results.some((row) => row.id === id))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, results: page.results.filter((row) => row.id !== id) })),
  };
}

function belongs(session: Session, filter: ListFilter): boolean {
  if (session.is_temporary || session.archived !== (filter.archived ?? false)) return false;
  if (filter.pinned !== undefined && filter.pinned !== session.pinned) return false;
  if (filter.folder !== undefined && filter.folder !== session.folder) return false;
  return filter.in_folder === undefined || filter.in_folder === (session.folder !== '');
}

export function withSession(pages: Pages, session: Session, filter: ListFilter): Pages {
  const rest = withoutSession(pages, session.id);
  return belongs(session, filter) ? insert(rest, session) : rest;
}

function insert(pages: Pages, session: Session): Pages {
  let isPlaced = false;
  const next = pages.pages.map((page) => {
    if (isPlaced) return page;
    const index = page.results.findIndex((row) => isBefore(session, row));
    if (index < 0 && page.next !== null) return page;
    isPlaced = true;
    const at = index < 0 ? page.results.length : index;
    return { ...page, results: page.results.toSpliced(at, 0, session) };
  });
  return { ...pages, pages: next };
}

export type Section = 'pinned' | 'today' | 'yesterday' | 'week' | 'older';

export function sectionOf(session: Session, now: Date): Section {
  if (session.pinned) return 'pinned';
  const midnight = (daysAgo: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
  const at = Date.parse(session.last_activity_at);
  if (at >= midnight(0)) return 'today';
  if (at >= midnight(1)) return 'yesterday';
  return at >= midnight(7) ? 'week' : 'older';
}
