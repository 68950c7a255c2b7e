import type { Instant } from './time.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** Names used in routes and matchers: rule, severity, project, host, run, kind ... */
export type Labels = Readonly<Record<string, string>>;

/**
 * What a rule says of one subject now. `unknown` never resolves: a host that cannot be reached
 * freezes the alerts on it.
 */
export type RuleVerdict =
  | { readonly state: 'holds'; readonly summary: string; readonly evidence: readonly string[] }
  | { readonly state: 'clear'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

export type AlertState = 'pending' | 'firing' | 'resolved';

/** A condition that holds over time. */
export interface Alert {
  /** Unique to this occurrence; carried in every message that tells of it. */
  readonly id: string;
  /** Hash of rule and labels: the same condition at another time has the same one. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: AlertState;
  readonly labels: Labels;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly startsAt: Instant;
  /** When it began to fire; null while pending. */
  readonly firedAt: Instant | null;
  readonly endsAt: Instant | null;
  /** Why it ended, in words. */
  readonly resolution: string | null;
}
