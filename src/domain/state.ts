import type { Alert } from './alert.ts';
import type { Delivery } from './delivery.ts';
import type { LogCursor } from './launcher.ts';
import type { RunStatus } from './run.ts';
import type { Instant } from './time.ts';

/** The little that must be remembered of a run so that after a restart only what changed is told. */
export interface KnownRun {
  readonly status: RunStatus;
  readonly started: boolean;
  readonly completedEpochs: number;
  /** How many logs it had: one for each start, until somebody prunes them. */
  readonly logs: number;
  /** Counts its starts; unlike `logs` it never falls. */
  readonly session: number;
  /** The session that was told as finished. */
  readonly finishedSession: number | null;
  /** Its failed or stuck status is old news and has not changed since: alerts nobody. */
  readonly quiet: boolean;
  /** Since when its config has not been there; kept for a while, as checkouts make configs come and go. */
  readonly goneAt: Instant | null;
}

/** A project that has been seen. Its first sight is the baseline: told once, alerts nobody. */
export interface KnownProject {
  readonly firstSeenAt: Instant;
  /** By config. */
  readonly runs: Readonly<Record<string, KnownRun>>;
  /** How far the launcher's log has been told. */
  readonly launcherLog: LogCursor | null;
}

export interface KnownHost {
  readonly reachable: boolean;
  readonly since: Instant;
}

/** All that must not be lost, in one document and one transaction. */
export interface State {
  readonly schema: 'pylon.state/1';
  readonly projects: Readonly<Record<string, KnownProject>>;
  readonly hosts: Readonly<Record<string, KnownHost>>;
  /** By identity (rule and labels): pending and firing ones. */
  readonly alerts: Readonly<Record<string, Alert>>;
  /** By key. */
  readonly deliveries: Readonly<Record<string, Delivery>>;
  readonly digests: {
    /** Local date (YYYY-MM-DD) of the last scheduled digest. */
    readonly lastLabel: string | null;
    /** Where the next window begins. */
    readonly lastSlot: Instant | null;
  };
}

export const EMPTY_STATE: State = {
  schema: 'pylon.state/1',
  projects: {},
  hosts: {},
  alerts: {},
  deliveries: {},
  digests: { lastLabel: null, lastSlot: null },
};
