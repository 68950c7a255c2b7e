import type { Severity } from './alert.ts';
import type { ThrottleReason } from './host.ts';
import type { RunCounts, RunReason, RunStatus } from './run.ts';

/*
 * What answers say, as plain JSON: the objects of `--json`, and the data of the templates of the same
 * name. Times are UTC ISO 8601, sizes bytes, percentages 0 to 100, unknown is null.
 */

export interface StatusView {
  readonly schema: 'pylon.status/1';
  readonly at: string;
  readonly bot: {
    readonly running: boolean;
    readonly since: string | null;
    readonly observed_today_pct: number | null;
  };
  readonly runs: RunCounts & { readonly completion_pct: number | null };
  readonly hosts: readonly {
    readonly name: string;
    /** null: not probed yet. */
    readonly reachable: boolean | null;
    readonly error: string | null;
    readonly age_s: number | null;
    readonly cpu_pct: number | null;
    /** null: unknown; total 0: has none. */
    readonly gpus: {
      readonly total: number;
      readonly idle: number;
      readonly free: number;
      readonly held: number;
    } | null;
  }[];
  readonly alerts: { readonly critical: number; readonly warning: number; readonly info: number };
  /** What needs a human, most urgent first. `ref` is an alert id, a host or a run. */
  readonly attention: readonly { readonly text: string; readonly ref: string }[];
}

export interface RunView {
  readonly config: string;
  readonly work_dir: string;
  readonly project: string;
  readonly format: string;
  readonly owner: string | null;
  readonly status: RunStatus;
  readonly reason: RunReason;
  readonly progress: {
    readonly completed_epochs: number;
    readonly total_epochs: number | null;
    readonly progress_percentage: number | null;
    readonly early_stopped: boolean;
    readonly early_stopped_at_epoch: number | null;
  };
  readonly eta: { readonly at: string; readonly low: string; readonly high: string } | null;
  readonly process: {
    readonly host: string;
    readonly pid: number;
    readonly user: string;
    readonly start_time: string | null;
    readonly cmd: string | null;
  } | null;
  readonly last_update: string | null;
  /** Where its process lives or was seen last. */
  readonly host: string;
  /** Why it died, or why it could not be read whole, in one line. */
  readonly summary: string | null;
}

export interface RunsView {
  readonly schema: 'pylon.runs/1';
  readonly at: string;
  /** Those that were asked for, in the order that was asked for. */
  readonly runs: readonly RunView[];
  /** How many more were asked for than the answer shows. */
  readonly omitted: number;
  /** How many there are in all. */
  readonly total: number;
  /** What could not be read, by project. */
  readonly problems: readonly string[];
}

/** One run in full. */
export interface RunDetailView extends RunView {
  readonly schema: 'pylon.run/1';
  readonly at: string;
  readonly rhythm: {
    readonly epoch_s: number | null;
    readonly epochs_per_day: number | null;
    /** A live process that is silent for longer is stuck. */
    readonly allowed_silence_s: number;
  };
  readonly sessions: number;
  /** Seconds since the last sign of life. */
  readonly silent_s: number | null;
  readonly problem: string | null;
  readonly verdict: { readonly summary: string; readonly evidence: readonly string[] } | null;
  readonly log: string | null;
  /** The last lines of the newest log; empty where they were not read. */
  readonly last_lines: readonly string[];
  /** Where its process is. */
  readonly gpus: readonly {
    readonly host: string;
    readonly index: number;
    readonly name: string;
    readonly util_pct: number | null;
    /** Of this run's processes. */
    readonly memory: number | null;
  }[];
}

export interface EventsView {
  readonly schema: 'pylon.events/1';
  readonly at: string;
  readonly since: string;
  /** By time, oldest first. `text` says in words what the other keys say. */
  readonly events: readonly ({ readonly kind: string; readonly at: string; readonly text: string } & Readonly<
    Record<string, unknown>
  >)[];
  /** How many older ones the answer leaves out. */
  readonly omitted: number;
}

export interface ProbeView {
  readonly schema: 'pylon.probe/1';
  readonly at: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly reachable: boolean | null;
    readonly error: string | null;
    readonly clock_skew_s: number | null;
    readonly cpu: { readonly pct: number | null; readonly cores: number | null; readonly load1: number | null };
    readonly memory: { readonly total: number; readonly available: number } | null;
    readonly disks:
      | readonly {
          readonly mount: string;
          readonly total: number;
          readonly free: number;
          readonly inodes: { readonly total: number; readonly free: number } | null;
        }[]
      | null;
    readonly gpus:
      | readonly {
          readonly index: number;
          readonly uuid: string;
          readonly name: string;
          readonly state: 'ok' | 'lost' | 'hung';
          readonly util_pct: number | null;
          readonly memory: { readonly total: number | null; readonly used: number | null };
          readonly temp_c: number | null;
          readonly power_w: number | null;
          readonly power_limit_w: number | null;
          readonly bus_id: string;
          /** MHz. */
          readonly clocks: {
            readonly sm: number | null;
            readonly sm_max: number | null;
            readonly memory: number | null;
          };
          readonly throttle: readonly ThrottleReason[] | null;
          readonly ecc: { readonly corrected: number | null; readonly uncorrected: number | null };
          readonly mig: readonly { readonly index: number; readonly uuid: string; readonly profile: string }[] | null;
          /** Codes of its Xid errors in the kernel log; null where that may not be read. */
          readonly xid: readonly number[] | null;
          /** What is out of the ordinary, in words. */
          readonly notes: readonly string[];
        }[]
      | null;
    readonly oom_kills: { readonly host: number | null; readonly cgroup: number | null };
    /** Newest first; null where the kernel log may not be read. */
    readonly kernel_events: readonly { readonly at: string | null; readonly text: string }[] | null;
    /** GPU processes and processes of runs. */
    readonly processes: readonly {
      readonly pid: number;
      readonly user: string | null;
      readonly started_at: string | null;
      readonly gpu_index: number | null;
      readonly gpu_memory: number | null;
      /** The run's config, where it is one of ours. */
      readonly run: string | null;
      readonly cmd: string | null;
    }[];
    readonly problems: readonly string[];
  }[];
}

/** One alert as a message tells it. */
export interface AlertView {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: 'firing' | 'resolved';
  /** Label values; null where it has no such label. */
  readonly project: string | null;
  readonly host: string | null;
  readonly run: string | null;
  /** Its index. */
  readonly gpu: string | null;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly resolution: string | null;
  readonly duration_s: number | null;
}

/** Data of the templates `alert`, `alert-added` and `alert-resolved`. */
export interface AlertGroupView {
  readonly severity: Severity;
  readonly resolved: boolean;
  readonly firing: number;
  readonly total: number;
  /** In `alert` all members, in the replies those that changed; the firing ones first, newest first. */
  readonly alerts: readonly AlertView[];
  /** Members with the same rule and summary, folded: for groups of more than a few. */
  readonly folded: readonly {
    readonly rule: string;
    readonly state: 'firing' | 'resolved';
    readonly summary: string;
    readonly count: number;
    readonly runs: readonly string[];
  }[];
}
