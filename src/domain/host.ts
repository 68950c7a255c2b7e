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

/** What holds a GPU's clocks down, as against being idle or set so. `power-cap` is a limit of power, not heat. */
export type ThrottleReason =
  | 'power-cap'
  | 'sw-thermal'
  | 'hw-thermal'
  | 'hw-slowdown'
  | 'hw-power-brake'
  | 'sync-boost';

/** A part of a GPU in MIG mode. The driver tells neither its use nor its memory without privileges. */
export interface MigInstance {
  /** Within its GPU. */
  readonly index: number;
  readonly uuid: string;
  /** `1g.10gb`. */
  readonly profile: string;
}

/** A figure that the GPU does not tell is null. */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** PCI address, `0000:3b:00.0`; empty where unknown. */
  readonly busId: string;
  /** `lost`: fallen off the bus, or no longer there though seen before. `hung`: nvidia-smi does not return. */
  readonly state: 'ok' | 'lost' | 'hung';
  /** 0 to 100. */
  readonly utilPct: number | null;
  /** Bytes. */
  readonly memory: { readonly total: number | null; readonly used: number | null };
  readonly tempC: number | null;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  /** MHz. */
  readonly clocks: { readonly sm: number | null; readonly smMax: number | null; readonly memory: number | null };
  /** Why its clocks are held down now; empty where nothing does. */
  readonly throttle: readonly ThrottleReason[] | null;
  /** Memory errors since the driver was loaded. */
  readonly ecc: { readonly corrected: number | null; readonly uncorrected: number | null };
  /** null: not in MIG mode, or it does not tell. */
  readonly mig: readonly MigInstance[] | null;
}

/** What is remembered of a GPU, so that one that vanishes is missed. */
export interface KnownGpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly busId: string;
  /** Since when it has not answered; null while it does. */
  readonly missingSince: Instant | null;
}

export interface GpuProcess {
  readonly gpuUuid: string;
  readonly pid: number;
  /** Bytes. */
  readonly memory: number | null;
  /** The executable as the driver tells it, where the process table may not: hostile text. */
  readonly name: string | null;
}

/** What the kernel said of a GPU or of memory that ran out. */
export type KernelEvent =
  | {
      readonly kind: 'xid';
      readonly at: Instant | null;
      readonly busId: string;
      readonly code: number;
      readonly pid: number | null;
      readonly text: string;
    }
  | {
      readonly kind: 'oom-kill';
      readonly at: Instant | null;
      readonly pid: number;
      readonly process: string;
      readonly cgroup: boolean;
      readonly text: string;
    };

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
  /** Its working folder, where it may be a trainer and the host lets us see it. */
  readonly cwd: string | null;
}

export interface Disk {
  readonly mount: string;
  /** Bytes. `free` is what an ordinary user may still write. */
  readonly total: number;
  readonly free: number;
  /** null where the file system counts none. */
  readonly inodes: { readonly total: number; readonly free: number } | null;
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
  /** Processes that the kernel has killed for want of memory since the host, or the cgroup, was started. */
  readonly oomKills: { readonly host: number | null; readonly cgroup: number | null };
  /** What the kernel log still holds, oldest first; null where it may not be read. */
  readonly kernelEvents: readonly KernelEvent[] | null;
  /** Where the roots of projects really are on this host, by root as configured; those that are not there are left out. */
  readonly roots: Readonly<Record<string, string>>;
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
