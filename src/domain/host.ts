import type { Instant } from './time.ts';

/** A machine that is probed. `ssh` is null for the bot's own machine. */
export interface Host {
  readonly name: string;
  /** `[user@]host[:port]` or an alias of ~/.ssh/config. */
  readonly ssh: string | null;
  /** GPU indices to watch. */
  readonly gpus: 'all' | readonly number[];
  readonly probeIntervalMs: number;
}

export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly state: 'ok' | 'lost' | 'hung';
  /** 0 to 100; null where the GPU does not tell. */
  readonly utilPct: number | null;
  /** Bytes. */
  readonly memory: { readonly total: number | null; readonly used: number | null };
  readonly tempC: number | null;
  readonly powerW: number | null;
}

export interface GpuProcess {
  readonly gpuUuid: string;
  readonly pid: number;
  /** Bytes. */
  readonly memory: number | null;
}

export interface HostProcess {
  readonly pid: number;
  readonly user: string;
  /** To the second, and may wander by one between probes: `ps` tells elapsed time only. */
  readonly startedAt: Instant | null;
  /** The whole command line, as the host prints it: hostile text. */
  readonly args: string;
  /** Resident bytes. */
  readonly rss: number | null;
  /** First letter of the process state: R, S, D, Z, T ... */
  readonly state: string;
}

export interface Disk {
  readonly mount: string;
  /** Bytes. `free` is what an ordinary user may still write. */
  readonly total: number;
  readonly free: number;
}

/** A host's figures at one instant. Unknown is null, never 0; a section that failed is null and named in `problems`. */
export interface HostSample {
  readonly host: string;
  readonly at: Instant;
  /** How far the host's clock is ahead of the bot's, in seconds. */
  readonly clockSkewS: number | null;
  readonly cpu: { readonly pct: number | null; readonly cores: number | null; readonly load1: number | null };
  /** Bytes; `total` is the cgroup's limit where that is lower. */
  readonly memory: { readonly total: number; readonly available: number } | null;
  readonly disks: readonly Disk[] | null;
  /** Empty where the host has none; null where they could not be read. */
  readonly gpus: readonly Gpu[] | null;
  readonly gpuProcesses: readonly GpuProcess[] | null;
  readonly processes: readonly HostProcess[] | null;
  /** What could not be read and why, one sentence each. */
  readonly problems: readonly string[];
}

export type HostErrorKind =
  | 'unreachable'
  | 'timeout'
  | 'auth'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'refused-name'
  | 'paused'
  | 'failed';

/** Why a host could not be read. `message` says what was wrong and, where there is one, the fix. */
export class HostError extends Error {
  readonly kind: HostErrorKind;

  constructor(kind: HostErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.kind = kind;
  }
}

/** What is known of a host at one instant: the last good sample, and whether it is current. */
export interface HostState {
  readonly name: string;
  /** null until the first probe has ended. */
  readonly reachable: boolean | null;
  /** Why it is not reachable. */
  readonly error: { readonly kind: HostErrorKind; readonly message: string } | null;
  /** Since when `reachable` has had its value. */
  readonly since: Instant;
  /** Kept from the last good probe while the host cannot be reached. */
  readonly sample: HostSample | null;
}
