/** Sizes and counts as people read them, in their language. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(n: number, locale: string): string {
  const power = n < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(n) / 10));
  const value = n / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${UNITS[power]}`;
}

export const count = (n: number, locale: string) => n.toLocaleString(locale, { maximumFractionDigits: 1 });

/** 1,234,567,890 → 1.2B, 12억. */
export const short = (n: number, locale: string) =>
  n.toLocaleString(locale, { notation: 'compact', maximumFractionDigits: 1 });
