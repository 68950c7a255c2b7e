import type { LauncherReading } from './launcher.ts';
import type { Instant } from './time.ts';

export const RUN_STATUSES = ['running', 'finished', 'failed', 'stuck', 'outdated'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/**
 * Why a run has its status. `never-started` and `host-unreachable` are counted on their own:
 * with `host-unreachable` the status is the last one known.
 */
export const RUN_REASONS = [
  'log-active',
  'process-alive',
  'complete',
  'early-stopped',
  'no-recent-epoch',
  'silent-process',
  'fatal-error',
  'stopped-writing',
  'never-started',
  'unreadable',
  'host-unreachable',
] as const;
export type RunReason = (typeof RUN_REASONS)[number];

export const RUN_FORMATS = ['pylon', 'evaluator', 'nerfstudio'] as const;
export type RunFormat = (typeof RUN_FORMATS)[number];

export interface Project {
  readonly name: string;
  /** Absolute, on the disk of `readFrom`. */
  readonly root: string;
  /** Name of the host whose disk is read. */
  readonly readFrom: string;
  /** Names of the hosts where its processes may live. */
  readonly runsOn: readonly string[];
  /** Globs relative to `root`; `**` crosses folders. */
  readonly configs: readonly string[];
  readonly formats: readonly RunFormat[];
  /** Total epochs of runs whose config does not say. */
  readonly epochs: number | null;
  readonly sleepTimeMs: number;
  /** A complete run is outdated when its newest expected file is older than this; null: never. */
  readonly outdated: { readonly olderThanMs: number } | { readonly before: Instant } | null;
  readonly expectedFiles: readonly string[];
  /** Relative to `root`. */
  readonly launcherLog: string;
}

export interface FileStamp {
  /** Absolute path on the host that was read. */
  readonly path: string;
  readonly mtime: Instant;
  /** Bytes. */
  readonly size: number;
}

/** What a config file says, taken from its literals without executing it. */
export interface ConfigFacts {
  /** false: the file defines no module-level `config` and is no run. */
  readonly isRun: boolean;
  readonly totalEpochs: number | null;
  readonly kind: 'trainer' | 'evaluator' | 'unknown';
}

/** What the disk says about one run. Decisions about it are made in core/runs. */
export interface RunFacts {
  readonly project: string;
  /** Relative to the project's root: `configs/exp/a.py`. A nerfstudio run has none: its work dir stands here too. */
  readonly config: string;
  /** Relative to the project's root where it is in it: `logs/exp/a`. */
  readonly workDir: string;
  readonly format: RunFormat;
  /** Steps of a nerfstudio run; 1 of an evaluator. */
  readonly totalEpochs: number | null;
  readonly workDirExists: boolean;
  /** Complete epochs counted on disk from 0 up to the first gap. Of a nerfstudio run its steps, of an evaluator 0 or 1. */
  readonly completedEpochs: number;
  /** Of the newest expected file in any epoch. */
  readonly newestArtifactAt: Instant | null;
  readonly newestLog: FileStamp | null;
  /** When a start that failed before it had a log wrote why; null where there is no `error.log`, or an empty one. */
  readonly errorLogAt: Instant | null;
  /** How many logs there are: one for each start of the trainer. */
  readonly sessions: number;
  /** The last bytes of the newest log, when it has been looked at; hostile text. */
  readonly logTail: string | null;
  readonly earlyStop: { readonly atEpoch: number } | null;
  readonly pace: PaceFacts;
  /** Login name of the work dir's owner. */
  readonly owner: string | null;
  /** Why the run could not be read whole. */
  readonly problem: string | null;
}

/** What the disk tells of a run's pace, in the clock of the host that was read. */
export interface PaceFacts {
  /** When each of the last epochs became complete, oldest first and without a gap; the last is that of `completedEpochs`. */
  readonly epochTimes: readonly Instant[];
  /** The longest silence of its log that it went on after, as far as was seen. */
  readonly longestSilenceMs: number | null;
}

/** How often a run normally shows a sign of life. */
export interface Rhythm {
  /** The usual time of an epoch; null before there are some to go by. */
  readonly epochMs: number | null;
  /** A live process that is silent for longer is stuck. */
  readonly allowedSilenceMs: number;
}

/** When a run will probably be complete: the truth is between `low` and `high` four times in five. */
export interface Eta {
  readonly at: Instant;
  readonly low: Instant;
  readonly high: Instant;
}

/** All runs of a project, or why they could not be read. */
export interface ProjectScan {
  readonly project: string;
  readonly at: Instant;
  readonly runs: readonly RunFacts[];
  /** The disk is not there (an unmounted share, a folder moved away): `runs` are those known before. */
  readonly absent: boolean;
  /** null: nothing new. */
  readonly launcher: LauncherReading | null;
  readonly problems: readonly string[];
}

export interface Progress {
  readonly completedEpochs: number;
  readonly totalEpochs: number | null;
  /** 0 to 100; null where the total is unknown. */
  readonly percentage: number | null;
  readonly earlyStopped: boolean;
  readonly earlyStoppedAtEpoch: number | null;
}

export interface RunProcess {
  readonly host: string;
  readonly pid: number;
  readonly user: string;
  readonly startedAt: Instant | null;
  readonly args: string;
}

/** Why a run died, read from the end of its log. */
export interface Verdict {
  readonly category: 'gpu_oom' | 'error';
  /** One line, without secrets or control characters. */
  readonly summary: string;
  /** The lines that say so; lines count from 1 in the text that was looked at. */
  readonly evidence: readonly { readonly line: number; readonly text: string }[];
  readonly extracted: {
    readonly device?: number;
    /** As printed, `20.00 MiB`, beside it in bytes. */
    readonly requested?: string;
    readonly requestedBytes?: number;
    readonly exception?: string;
    /** The last frame of the traceback that is not in an installed package. */
    readonly file?: string;
    readonly line?: number;
  };
}

export interface Run {
  /** Stable identity: `project:config`. */
  readonly id: string;
  readonly project: string;
  readonly config: string;
  readonly workDir: string;
  readonly format: RunFormat;
  readonly owner: string | null;
  readonly status: RunStatus;
  readonly reason: RunReason;
  readonly progress: Progress;
  readonly rhythm: Rhythm;
  /** null where there is nothing to go by. */
  readonly eta: Eta | null;
  readonly process: RunProcess | null;
  /** The process of this start was seen, and is gone. */
  readonly ended: boolean;
  /** Where its process lives or was seen last; where none was seen, the host whose disk is read. */
  readonly host: string;
  /** How often it was started; a rise means a restart. */
  readonly sessions: number;
  /** Last sign of life on disk. */
  readonly lastUpdate: Instant | null;
  readonly newestLog: FileStamp | null;
  readonly verdict: Verdict | null;
  readonly problem: string | null;
}

/** Runs by status. Those that never started have the status failed and are counted on their own. */
export interface RunCounts {
  readonly running: number;
  readonly finished: number;
  readonly failed: number;
  readonly stuck: number;
  readonly outdated: number;
  readonly never_started: number;
  readonly total: number;
}

/** What the run does now cannot be told: its status is the last one known. */
export function isUnknown({ reason }: Pick<Run, 'reason'>): boolean {
  return reason === 'host-unreachable' || reason === 'unreadable';
}

export function runId(project: string, config: string): string {
  return `${project}:${config}`;
}
