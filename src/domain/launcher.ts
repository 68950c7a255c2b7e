import type { Instant } from './time.ts';

/** How far a log has been read: `mark` tells it from another one that stands in its place after a rotation. */
export interface LogCursor {
  readonly offset: number;
  /** Checksum of the bytes right before the offset. */
  readonly mark: string;
}

/** What the Python Launcher has written into its log since the last look. */
export interface LauncherReading {
  readonly cursor: LogCursor;
  readonly events: readonly LauncherEvent[];
}

interface LauncherEventBase {
  readonly at: Instant;
  readonly project: string;
}

/** A run as a launcher's line names it. `host` is `user@host[:port]` as it stands there. */
export interface LaunchedRun {
  /** Relative to the project's root, where the line says so; else as it stands there. */
  readonly config: string;
  readonly host: string;
}

/** A line of the Python Launcher's log. */
export type LauncherEvent =
  | (LauncherEventBase & { readonly kind: 'launcher-round' })
  | (LauncherEventBase & {
      readonly kind: 'stuck-removed';
      readonly runs: readonly (LaunchedRun & { readonly pid: number })[];
    })
  | (LauncherEventBase & {
      readonly kind: 'outdated-cleaned';
      readonly days: number;
      readonly workDirs: readonly string[];
    })
  | (LauncherEventBase & { readonly kind: 'run-error'; readonly config: string; readonly errorLog: string })
  | (LauncherEventBase & LaunchedRun & { readonly kind: 'run-launched'; readonly gpu: number })
  | (LauncherEventBase & { readonly kind: 'launcher-waiting' })
  | (LauncherEventBase & {
      readonly kind: 'gpus-disconnected';
      readonly gpus: Readonly<Record<string, readonly number[]>>;
    })
  | (LauncherEventBase & { readonly kind: 'hosts-disconnected'; readonly hosts: readonly string[] })
  | (LauncherEventBase & { readonly kind: 'launcher-progress'; readonly pct: number })
  | (LauncherEventBase & { readonly kind: 'launcher-done' })
  /** A fault of the launcher's own: a lost connection, a full disk. */
  | (LauncherEventBase & { readonly kind: 'launcher-error'; readonly text: string });
