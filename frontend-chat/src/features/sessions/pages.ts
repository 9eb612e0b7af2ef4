/** Where a session stands in the loaded pages of a list. Pure: live events change lists without asking the server again. */
import type { InfiniteData } from '@tanstack/react-query';
import type { Page, Session } from '@/shared/api/types';

export type Pages = InfiniteData<Page<Session>, string | null>;

export interface ListFilter {
  search?: string;
  pinned?: boolean;
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

/** A search result only changes its row: whether a new session would match is the server's to say. */
export function withSession(pages: Pages, session: Session, filter: ListFilter): Pages {
  if (filter.search) {
    return {
      ...pages,
      pages: pages.pages.map((page) => ({
        ...page,
        results: page.results.map((row) => (row.id === session.id ? session : row)),
      })),
    };
  }
  const rest = withoutSession(pages, session.id);
  if (session.archived || session.is_temporary) return rest;
  if (filter.pinned !== undefined && filter.pinned !== session.pinned) return rest;
  return insert(rest, session);
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

const DAY_MS = 86_400_000;

export function sectionOf(session: Session, now: Date): Section {
  if (session.pinned) return 'pinned';
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = Date.parse(session.last_activity_at);
  if (at >= midnight) return 'today';
  if (at >= midnight - DAY_MS) return 'yesterday';
  return at >= midnight - 7 * DAY_MS ? 'week' : 'older';
}
