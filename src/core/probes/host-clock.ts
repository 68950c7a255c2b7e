import type { Instant } from '../../domain/time.ts';
import { SECOND } from '../../domain/time.ts';

/** A longer wait for the network leaves the instant of the host's answer too uncertain. */
const LONGEST_WAIT_MS = 10 * SECOND;

export interface HostClock {
  /** How far the host's clock is ahead of the bot's, in seconds. */
  readonly skewS: number | null;
  /** When the host began to answer, in the bot's clock. */
  readonly answeredAt: Instant | null;
}

const UNKNOWN: HostClock = { skewS: null, answeredAt: null };

/**
 * Compares the clocks as NTP does: what the round trip took beyond the host's own work is split
 * evenly between the way there and the way back (RFC 5905, section 8).
 * `began` and `ended` are what `date` printed at either end of the probe.
 */
export function compareClocks(began: string, ended: string, askedAt: Instant, receivedAt: Instant): HostClock {
  const start = parseTime(began);
  const end = parseTime(ended);
  const roundTrip = receivedAt - askedAt;
  if (start === null || roundTrip < 0) return UNKNOWN;
  const work = end === null ? 0 : Math.min(Math.max(0, end - start), roundTrip);
  const wait = roundTrip - work;
  if (wait > LONGEST_WAIT_MS) return UNKNOWN;
  const answeredAt = Math.round(askedAt + wait / 2);
  return { skewS: Math.round((start - answeredAt) / 100) / 10, answeredAt };
}

/** `date +%s.%N`, where `%N` may not be known. Without a fraction the middle of the second is meant. */
function parseTime(text: string): Instant | null {
  const match = /^(\d{9,11})(?:\.(\d{3}))?/.exec(text.trim());
  if (match === null) return null;
  return Number(match[1]) * SECOND + (match[2] === undefined ? SECOND / 2 : Number(match[2]));
}
