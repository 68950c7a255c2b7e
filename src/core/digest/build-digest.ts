import type { DigestSection, DigestView, LongRunningView, NearCompletionView } from '../../domain/digest.ts';
import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { DAY, type Instant, isoTime, SECOND } from '../../domain/time.ts';
import { groupBy } from '../../util/group-by.ts';
import { failureSummary } from '../events/diff.ts';
import { countRuns } from '../runs/fleet.ts';
import { average, closeMetrics, type DailyMetrics, type HostMetrics, type Peak } from './daily-metrics.ts';
import { clip, compareText, keyEventViews, NAMED_CONFIGS, similarity } from './key-events.ts';

export interface DigestInput {
  /** The fold of the history over the window. */
  readonly metrics: DailyMetrics;
  /** The newest one: statuses and progress are as of its instant. */
  readonly snapshot: Snapshot;
  readonly window: { readonly from: Instant; readonly to: Instant };
  /** Local date, YYYY-MM-DD. */
  readonly label: string;
  readonly timeZone: string;
  readonly settings: {
    readonly sections: readonly DigestSection[];
    readonly nearCompletionPct: number;
    readonly longRunningDays: number;
  };
  readonly late: boolean;
  readonly missed: readonly string[];
}

/** The digest, whole: no list is cut. */
export function buildDigest({ metrics, snapshot, window, ...input }: DigestInput): DigestView {
  const closed = closeMetrics(metrics, window.to);
  const hosts = [...closed.hosts].sort((a, b) => compareText(a.host, b.host));
  const shares = hosts.map((host) => observedPct(host, window));
  return {
    schema: 'pylon.metrics/1',
    date: input.label,
    time_zone: input.timeZone,
    window: { from: isoTime(window.from), to: isoTime(window.to) },
    at: isoTime(snapshot.at),
    late: input.late,
    missed: input.missed,
    observed_pct: shares.length === 0 ? 0 : round(shares.reduce((sum, share) => sum + share, 0) / shares.length),
    sections: input.settings.sections,
    projects: snapshot.projects.map(({ name }) => name),
    experiments: experiments(closed, snapshot.runs, window),
    resources: {
      gpu: gpuUse(closed, hosts),
      cpu: cpuUse(closed, hosts),
      hosts: hosts.map((host) => ({
        host: host.host,
        observed_pct: round(observedPct(host, window)),
        cpu_pct: rounded(average([host.cpu])),
        gpu_pct: rounded(average(host.gpus.map(({ util }) => util))),
      })),
    },
    events: keyEventViews(closed.keyEvents, isoTime),
    progress: progress(snapshot, input.settings),
    omitted: {
      missed: 0,
      failed_reasons: 0,
      hosts: 0,
      events: closed.keyEventsOmitted,
      near_completion: 0,
      long_running: 0,
    },
  };
}

function experiments(
  metrics: DailyMetrics,
  runs: readonly Run[],
  window: DigestInput['window'],
): DigestView['experiments'] {
  const counts = countRuns(runs);
  const failed = runs.filter((run) => run.status === 'failed' && run.reason !== 'never-started');
  const finished = runs.filter((run) => run.status === 'finished');
  const finishedToday = seenToday(metrics.finished, finished, window);
  return {
    active: counts.running + finishedToday + counts.failed + counts.stuck,
    running: counts.running,
    started_today: metrics.started,
    finished_today: finishedToday,
    failed: counts.failed,
    failed_today: seenToday(metrics.failed, failed, window),
    stuck: counts.stuck,
    finished: counts.finished,
    outdated: counts.outdated,
    never_started: counts.never_started,
    total: counts.total,
    unreachable: runs.filter((run) => run.reason === 'host-unreachable').length,
    failed_reasons: failedReasons(failed),
  };
}

/**
 * The larger of what was seen happening and of what the disk dates in the window: the bot may have been
 * away when it happened, and a run that was started again has lost its old date.
 */
function seenToday(happened: number, runs: readonly Run[], { from, to }: DigestInput['window']): number {
  const dated = runs.filter(({ lastUpdate }) => lastUpdate !== null && lastUpdate >= from && lastUpdate < to);
  return Math.max(happened, dated.length);
}

function failedReasons(failed: readonly Run[]): DigestView['experiments']['failed_reasons'] {
  const groups = groupBy(
    failed.map((run) => ({ config: run.config, summary: clip(failureSummary(run)) })),
    ({ summary }) => similarity(summary),
  );
  return [...groups.values()]
    .map((group) => ({
      summary: group[0]?.summary ?? '',
      count: group.length,
      configs: group.slice(0, NAMED_CONFIGS).map(({ config }) => config),
    }))
    .sort((a, b) => b.count - a.count || compareText(a.summary, b.summary));
}

function gpuUse(metrics: DailyMetrics, hosts: readonly HostMetrics[]): DigestView['resources']['gpu'] {
  const gpus = hosts.flatMap((host) => host.gpus);
  const averagePct = average(gpus.map(({ util }) => util));
  if (averagePct === null || metrics.gpuPeak === null) return null;
  const idle = gpus.filter(({ idleMs, util }) => idleMs > util.ms / 2).length;
  return {
    average_pct: round(averagePct),
    peak: peakView(metrics.gpuPeak),
    idle,
    total: gpus.length,
    idle_pct: round((100 * idle) / gpus.length),
  };
}

function cpuUse(metrics: DailyMetrics, hosts: readonly HostMetrics[]): DigestView['resources']['cpu'] {
  const averagePct = average(hosts.map(({ cpu }) => cpu));
  if (averagePct === null || metrics.cpuPeak === null) return null;
  return { average_pct: round(averagePct), peak: peakView(metrics.cpuPeak) };
}

function progress(snapshot: Snapshot, settings: DigestInput['settings']): DigestView['progress'] {
  const total = snapshot.runs.length;
  const finished = snapshot.runs.filter((run) => run.status === 'finished').length;
  const live = snapshot.runs.filter((run) => run.status === 'running' || run.status === 'stuck');
  return {
    completion_pct: total === 0 ? null : round((100 * finished) / total),
    finished,
    total,
    near_completion_pct: settings.nearCompletionPct,
    near_completion: nearCompletion(live, settings.nearCompletionPct),
    long_running_days: settings.longRunningDays,
    long_running: longRunning(live, snapshot.at, settings.longRunningDays * DAY),
  };
}

function nearCompletion(live: readonly Run[], abovePct: number): NearCompletionView[] {
  return live
    .flatMap(({ project, config, progress: { percentage, completedEpochs, totalEpochs } }) => {
      if (percentage === null || percentage <= abovePct) return [];
      return [
        { project, config, pct: round(percentage), completed_epochs: completedEpochs, total_epochs: totalEpochs },
      ];
    })
    .sort((a, b) => b.pct - a.pct || byName(a, b));
}

/** By the start of the process; a run without a known process cannot be dated. */
function longRunning(live: readonly Run[], now: Instant, longerThanMs: number): LongRunningView[] {
  return live
    .flatMap(({ project, config, process, progress: { percentage } }) => {
      const since = process?.startedAt ?? null;
      if (since === null || now - since <= longerThanMs) return [];
      const runningS = Math.round((now - since) / SECOND);
      return [{ project, config, since: isoTime(since), running_s: runningS, pct: rounded(percentage) }];
    })
    .sort((a, b) => b.running_s - a.running_s || byName(a, b));
}

function byName(a: { project: string; config: string }, b: { project: string; config: string }): number {
  return compareText(a.project, b.project) || compareText(a.config, b.config);
}

function observedPct(host: HostMetrics, { from, to }: DigestInput['window']): number {
  return to <= from ? 0 : Math.min(100, (100 * host.observedMs) / (to - from));
}

function peakView({ pct, at }: Peak): { pct: number; at: string } {
  return { pct: round(pct), at: isoTime(at) };
}

/** One decimal. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}
