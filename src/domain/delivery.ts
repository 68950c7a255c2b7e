import type { Severity } from './alert.ts';
import type { Instant } from './time.ts';

/** What a message says, before any wording: a template's name and its data (plain JSON). */
export interface Content {
  readonly template: string;
  readonly kind: 'alert' | 'notice' | 'digest' | 'answer';
  readonly severity: Severity | null;
  /** Whether the matter is over; decides colour and mark on the platforms. */
  readonly resolved: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a platform returned for a delivered message; only the channel that made it can read it. */
export type Receipt = Readonly<Record<string, string>>;

/**
 * What should be standing at a receiver for a group, and what is. A row whose `deliveredVersion` is
 * behind `desiredVersion` is owed. Saved before anything is sent, so that a crash repeats a message
 * rather than losing it.
 */
export interface Delivery {
  /** `group|ordinal`; also the idempotency key where a platform takes one. */
  readonly key: string;
  readonly receiver: string;
  /** What shares this message: receiver, kind and label values. At most one row of a group is open. */
  readonly group: string;
  readonly desired: Content;
  readonly desiredVersion: number;
  /** Ids of the alerts the desired content tells of. */
  readonly alertIds: readonly string[];
  readonly delivered: Content | null;
  readonly deliveredVersion: number;
  readonly deliveredAt: Instant | null;
  readonly receipt: Receipt | null;
  /** The message stands, but what belongs under it does not yet. */
  readonly detailsOwed: boolean;
  /** Not to be sent before this instant: the group's wait, or its interval after a delivery. */
  readonly notBefore: Instant;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
  /** Why the last attempt failed. */
  readonly lastError: string | null;
  /** A permanent refusal: not tried again until the desired content changes. */
  readonly gaveUp: boolean;
  /** Nothing more will be desired here; kept for a while so that it is not told twice. */
  readonly closed: boolean;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** Why a send failed. Only the dispatcher retries; `reason` holds no secret. */
export class DeliveryError extends Error {
  /** true: sending the same again cannot succeed. */
  readonly permanent: boolean;
  readonly retryAfterMs: number | null;
  /** The platform no longer knows the message of the receipt: post anew. */
  readonly messageGone: boolean;

  constructor(reason: string, options: { permanent: boolean; retryAfterMs?: number | null; messageGone?: boolean }) {
    super(reason);
    this.name = 'DeliveryError';
    this.permanent = options.permanent;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.messageGone = options.messageGone ?? false;
  }
}
