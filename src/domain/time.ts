/** Milliseconds since 1970 in the bot's own clock. Everything inside is an Instant; ISO 8601 is made at the edges. */
export type Instant = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** UTC ISO 8601, as every `--json` answer and file shows it. */
export function isoTime(at: Instant): string {
  return new Date(at).toISOString();
}
