/** When a message was written, in the reader's language and zone. */
import i18next from 'i18next';
import type { Message } from '@/shared/api/types';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs more than using it a hundred times. */
function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${i18next.resolvedLanguage}.${kind}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(i18next.resolvedLanguage, options);
  formats.set(key, known);
  return known;
}

export function clockTime(stamp: string): string {
  return format('clock', { hour: 'numeric', minute: '2-digit' }).format(new Date(stamp));
}

export function fullTime(stamp: string): string {
  return format('full', { dateStyle: 'full', timeStyle: 'medium' }).format(new Date(stamp));
}

export function dayOf(stamp: string): string {
  const date = new Date(stamp);
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const year = isThisYear ? {} : ({ year: 'numeric' } as const);
  return format(`day${isThisYear}`, { weekday: 'long', month: 'long', day: 'numeric', ...year }).format(date);
}

/** How many days ago, by the calendar on the wall. */
export function daysAgo(stamp: string, now = new Date()): number {
  return Math.round((midnight(now) - midnight(new Date(stamp))) / 86_400_000);
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function isSameDay(one: Message, other: Message): boolean {
  return new Date(one.timestamp).toDateString() === new Date(other.timestamp).toDateString();
}
