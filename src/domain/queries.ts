import type { Alert } from './alert.ts';
import type { Event } from './event.ts';
import type { HostState } from './host.ts';
import type { Run } from './run.ts';
import type { Snapshot } from './snapshot.ts';
import { DAY, type Instant } from './time.ts';

/** How far back `events` goes where nobody says. */
export const RECENT_MS = DAY;

/** What commands may ask. All but `probe`, `logTail`, `events` and `digest` answer from memory. */
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
  /** The end of the run's newest log; null where it has none or it cannot be read. Hostile text. */
  logTail(run: Run): Promise<string | null>;
  /**
   * What happened since then, oldest first. null: in the last `RECENT_MS`; a single look then tells all
   * that it read of launchers' logs.
   */
  events(since: Instant | null): Promise<readonly Event[]>;
  /** The digest of a kept local date (YYYY-MM-DD), or of today so far; null where nothing is kept for that date. */
  digest(date: string | null): Promise<Readonly<Record<string, unknown>> | null>;
}
