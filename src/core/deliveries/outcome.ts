import type { Content, Delivery, DeliveryError, Receipt } from '../../domain/delivery.ts';
import type { Random } from '../../domain/ports.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import { type Backoff, backoffDelay } from '../../util/backoff.ts';

/** Between attempts at one message. The upper end keeps a dead platform quiet and a revived one current. */
const RETRY: Backoff = { firstMs: SECOND, maxMs: 5 * MINUTE };

/** What was told of a row; its desired content may have moved on meanwhile. */
export interface Told {
  readonly content: Content;
  readonly version: number;
  readonly receipt: Receipt | null;
  readonly detailsOwed: boolean;
}

/** The row before an attempt: stored first, so that a crash in the middle is known to have been one. */
export function begun(row: Delivery): Delivery {
  return { ...row, attempts: row.attempts + 1 };
}

/** The row after a success. */
export function delivered(row: Delivery, told: Told, now: Instant): Delivery {
  return {
    ...row,
    delivered: told.content,
    deliveredVersion: told.version,
    deliveredAt: now,
    receipt: told.receipt,
    detailsOwed: told.detailsOwed,
    attempts: 0,
    nextAttemptAt: now,
    lastError: null,
    updatedAt: now,
  };
}

/** The row after a failure: tried again later, or given up until it has something else to say. */
export function failed(row: Delivery, error: DeliveryError, now: Instant, random: Random): Delivery {
  const wait = Math.max(error.retryAfterMs ?? 0, backoffDelay(row.attempts, RETRY, random));
  return {
    ...row,
    nextAttemptAt: now + wait,
    lastError: error.message,
    // Details that are refused for good are left out; the message itself stands.
    gaveUp: error.permanent && row.deliveredVersion < row.desiredVersion,
    detailsOwed: row.detailsOwed && !error.permanent,
    updatedAt: now,
  };
}

/** A closed matter that was given up longer ago than this is not news any more. */
const STILL_NEWS = DAY;

/**
 * The row as a starting bot takes it up: what a platform had refused for good is tried once more, as
 * tokens and channels may have been mended meanwhile. Not what was left half told when its receiver went.
 */
export function revived(row: Delivery, now: Instant): Delivery {
  const old = row.closed && now - row.updatedAt > STILL_NEWS;
  const stale = row.closed && row.desired.kind === 'alert' && !row.desired.resolved;
  return row.gaveUp && !old && !stale ? { ...row, gaveUp: false, attempts: 0, nextAttemptAt: now } : row;
}

/** Rows of receivers that are no longer configured will never be sent. */
export function abandoned(row: Delivery): Delivery {
  return { ...row, gaveUp: true, closed: true, lastError: 'the receiver is no longer configured' };
}
