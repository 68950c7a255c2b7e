import { DateTime } from 'luxon';

/** What every format shows for a value that is not known: unknown is never 0. */
export const UNKNOWN = '?';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const TIME_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A time (ISO 8601 or milliseconds since 1970) in the zone, in a luxon format such as `HH:mm`. */
export function formatTime(value: unknown, zone: string, format: string): string {
  const time = typeof value === 'number' ? DateTime.fromMillis(value, { zone }) : parseIso(value, zone);
  return time?.isValid ? time.toFormat(format) : UNKNOWN;
}

function parseIso(value: unknown, zone: string): DateTime | null {
  return typeof value === 'string' ? DateTime.fromISO(value, { zone }) : null;
}

/** Seconds in the two largest units that fit: `2 h 5 min`, `10 d`, `45 s`. */
export function formatDuration(value: unknown): string {
  const seconds = numberOf(value);
  if (seconds === null) return UNKNOWN;
  let left = Math.max(0, Math.round(seconds));
  const first = TIME_UNITS.findIndex(([, size]) => left >= size);
  if (first < 0) return '0 s';
  const parts: string[] = [];
  const [unit] = TIME_UNITS[first] ?? [];
  // Nobody counts the seconds of a quarter of an hour.
  const exact = unit === 'min' && left >= 600 ? 1 : 2;
  for (const [name, size] of TIME_UNITS.slice(first, first + exact)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

/** Bytes in binary units, one decimal place below 10: `1.5 GiB`, `512 MiB`. */
export function formatBytes(value: unknown): string {
  const bytes = numberOf(value);
  if (bytes === null) return UNKNOWN;
  let size = Math.max(0, bytes);
  let unit = 0;
  while (size >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && size < 9.95 ? 1 : 0;
  return `${trimZero(size.toFixed(digits))} ${BYTE_UNITS[unit]}`;
}

/** 0 to 100, at most one decimal place: `78.5%`. */
export function formatPercent(value: unknown): string {
  const percent = numberOf(value);
  return percent === null ? UNKNOWN : `${trimZero(percent.toFixed(1))}%`;
}

/** The count and its noun: `1 run`, `3 runs`; `many` where an s does not do. */
export function formatPlural(value: unknown, one: unknown, many: unknown): string {
  const count = numberOf(value);
  const noun = count === 1 ? String(one) : String(many ?? `${one}s`);
  return `${count ?? UNKNOWN} ${noun}`;
}

/** What an output without a format shows; null is nothing. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function trimZero(decimal: string): string {
  return decimal.replace(/\.0$/, '');
}
