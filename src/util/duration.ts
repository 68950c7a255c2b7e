import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts';

const UNITS = { s: SECOND, m: MINUTE, h: HOUR, d: DAY } as const;
type Unit = keyof typeof UNITS;

/** `30s`, `5m`, `4h` or `2d` in milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return Number(amount) * UNITS[unit as Unit];
}

/** The shortest text that parses to the same; milliseconds must be whole seconds. */
export function formatDuration(ms: number): string {
  const unit = (['d', 'h', 'm'] as const).find((name) => ms > 0 && ms % UNITS[name] === 0) ?? 's';
  return `${ms / UNITS[unit]}${unit}`;
}
