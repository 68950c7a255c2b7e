import type { Event } from './event.ts';
import type { RunCounts } from './run.ts';
import type { Instant } from './time.ts';

export type DigestSection = 'experiment_statistics' | 'resource_utilization' | 'key_events' | 'progress_overview';

/** What is kept of a snapshot for the digest. Unknown is null: a host that cannot be reached has neither CPU nor GPUs. */
export interface FleetSample {
  readonly at: Instant;
  readonly hosts: readonly {
    readonly host: string;
    /** 0 to 100. */
    readonly cpu_pct: number | null;
    readonly gpus: readonly GpuFigures[] | null;
  }[];
  readonly runs: RunCounts;
}

export interface GpuFigures {
  readonly index: number;
  /** 0 to 100. */
  readonly util_pct: number | null;
  /** Bytes. */
  readonly memory_used: number | null;
  readonly memory_total: number | null;
  /** Whether a process of one of our runs is on it; null where its processes could not be read. */
  readonly ours: boolean | null;
}

/** A highest value and when it was seen. */
export interface PeakView {
  readonly pct: number;
  readonly at: string;
}

export const KEY_EVENT_KINDS = [
  'run-failed',
  'run-stuck',
  'run-outdated',
  'host-lost',
  'host-back',
  'project-found',
  'stuck-removed',
  'outdated-cleaned',
  'run-error',
  'gpus-disconnected',
  'hosts-disconnected',
  'launcher-error',
] as const;

/** Events of one kind and one matter, folded. */
export interface KeyEventView {
  readonly kind: (typeof KEY_EVENT_KINDS)[number];
  /** The first and the last of them. */
  readonly at: string;
  readonly last_at: string;
  readonly count: number;
  readonly project: string | null;
  readonly host: string | null;
  /** Some of the runs, or of the work dirs that were cleaned: the first by name. */
  readonly configs: readonly string[];
  /** Why, where the event has a reason; of GPUs or hosts that a launcher lost, which. */
  readonly summary: string | null;
  /** How long a stuck run had been silent, or a host away: the longest of them. */
  readonly duration_s: number | null;
}

export interface NearCompletionView {
  readonly project: string;
  readonly config: string;
  readonly pct: number;
  readonly completed_epochs: number;
  readonly total_epochs: number | null;
}

export interface LongRunningView {
  readonly project: string;
  readonly config: string;
  readonly since: string;
  readonly running_s: number;
  readonly pct: number | null;
}

/**
 * The digest: the object of `YYYY-MM-DD_metrics.json`, and the data of the template `digest`. Times are
 * UTC ISO 8601, percentages 0 to 100, unknown is null.
 */
export interface DigestView {
  readonly schema: 'pylon.metrics/1';
  /** Local date (YYYY-MM-DD) it is about. */
  readonly date: string;
  readonly time_zone: string;
  readonly window: { readonly from: string; readonly to: string };
  /** When it was made; the statuses of runs are of this moment. */
  readonly at: string;
  /** Made well after its time, because nothing ran then. */
  readonly late: boolean;
  /** Earlier dates that got no digest of their own and are part of this one. */
  readonly missed: readonly string[];
  /** How much of the window the hosts were seen. */
  readonly observed_pct: number;
  /** What the message shows, in order; the data are always whole. */
  readonly sections: readonly DigestSection[];
  readonly projects: readonly string[];
  readonly experiments: {
    /** Running, finished today, failed and stuck together. */
    readonly active: number;
    readonly running: number;
    readonly started_today: number;
    readonly finished_today: number;
    readonly failed: number;
    readonly failed_today: number;
    readonly stuck: number;
    readonly finished: number;
    readonly outdated: number;
    readonly never_started: number;
    readonly total: number;
    /** Runs whose host cannot be reached: they are counted by the last status known. */
    readonly unreachable: number;
    /** Of all that are failed, the most frequent first. */
    readonly failed_reasons: readonly {
      readonly summary: string;
      readonly count: number;
      readonly configs: readonly string[];
    }[];
  };
  readonly resources: {
    /** null: no GPU was observed. `idle` of `total` were idle for most of the time they were seen. */
    readonly gpu: {
      readonly average_pct: number;
      readonly peak: PeakView;
      readonly idle: number;
      readonly total: number;
      readonly idle_pct: number;
    } | null;
    /** null: no CPU was observed. */
    readonly cpu: { readonly average_pct: number; readonly peak: PeakView } | null;
    readonly hosts: readonly {
      readonly host: string;
      readonly observed_pct: number;
      readonly cpu_pct: number | null;
      readonly gpu_pct: number | null;
    }[];
  };
  /** By time. */
  readonly events: readonly KeyEventView[];
  readonly progress: {
    /** Finished of all experiments; null where there are none. */
    readonly completion_pct: number | null;
    readonly finished: number;
    readonly total: number;
    readonly near_completion_pct: number;
    readonly near_completion: readonly NearCompletionView[];
    readonly long_running_days: number;
    readonly long_running: readonly LongRunningView[];
  };
  /** How many items each list leaves out. */
  readonly omitted: {
    readonly missed: number;
    readonly failed_reasons: number;
    readonly hosts: number;
    readonly events: number;
    readonly near_completion: number;
    readonly long_running: number;
  };
}

/** A line of the history. */
export type HistoryEntry =
  | { readonly t: 'event'; readonly event: Event }
  | { readonly t: 'sample'; readonly sample: FleetSample };
