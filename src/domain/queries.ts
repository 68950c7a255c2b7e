import type { Alert } from './alert.ts';
import type { HostState } from './host.ts';
import type { Snapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

/** What commands may ask. All but `probe` and `digest` answer from memory. */
export interface Queries {
  now(): Instant;
  snapshot(): Snapshot;
  /** Pending and firing ones. */
  alerts(): readonly Alert[];
  /** Receivers that something could not be told to, and why; each once. */
  undelivered(): readonly { readonly receiver: string; readonly reason: string }[];
  bot(): { readonly running: boolean; readonly since: Instant | null; readonly observedTodayPct: number | null };
  /** Looks at one host, or all, now. */
  probe(host: string | null): Promise<readonly HostState[]>;
  /** The digest of a kept local date (YYYY-MM-DD), or of today so far; null where nothing is kept for that date. */
  digest(date: string | null): Promise<Readonly<Record<string, unknown>> | null>;
}
