/** Figures as people read them, in the language of the page. */

export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 0.05) return '0 ms';
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function count(n: number, locale: string): string {
  return n.toLocaleString(locale);
}

/** 1,234 stays whole; 0.25 and 31.4 keep what matters of them. */
export function rate(n: number | null): string {
  if (n === null) return '–';
  return n >= 100 ? String(Math.round(n)) : n.toFixed(n >= 10 ? 0 : 1);
}

/** 1,234,567 as 1.2M: for the edge of a chart. */
export function short(n: number): string {
  if (n < 10_000) return Number.isInteger(n) ? String(n) : n.toFixed(1);
  return n < 1_000_000 ? `${Math.round(n / 1_000)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}
