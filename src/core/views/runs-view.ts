import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { type Instant, isoTime } from '../../domain/time.ts';
import type { RunsView, RunView } from '../../domain/views.ts';
import { projectProblems } from './project-problems.ts';
import { type RunFilter, selectRuns } from './run-filter.ts';

/**
 * The runs that are asked for, the first `limit` of them (null: all). `redact` masks the secrets in
 * command lines.
 */
export function runsView(
  { at, runs, projects }: Snapshot,
  filter: RunFilter,
  limit: number | null,
  redact: (text: string) => string,
): RunsView {
  const selected = selectRuns(runs, filter);
  const shown = selected.slice(0, limit ?? selected.length);
  return {
    schema: 'pylon.runs/1',
    at: isoTime(at),
    runs: shown.map((run) => runView(run, redact)),
    omitted: selected.length - shown.length,
    total: runs.length,
    problems: projects.flatMap(projectProblems),
  };
}

export function runView(run: Run, redact: (text: string) => string): RunView {
  const { progress, process, eta } = run;
  return {
    config: run.config,
    work_dir: run.workDir,
    project: run.project,
    format: run.format,
    owner: run.owner,
    status: run.status,
    reason: run.reason,
    progress: {
      completed_epochs: progress.completedEpochs,
      total_epochs: progress.totalEpochs,
      progress_percentage: progress.percentage,
      early_stopped: progress.earlyStopped,
      early_stopped_at_epoch: progress.earlyStoppedAtEpoch,
    },
    eta: eta === null ? null : { at: isoTime(eta.at), low: isoTime(eta.low), high: isoTime(eta.high) },
    process:
      process === null
        ? null
        : {
            host: process.host,
            pid: process.pid,
            user: process.user,
            start_time: optionalTime(process.startedAt),
            cmd: redact(process.args),
          },
    last_update: optionalTime(run.lastUpdate),
    host: run.host,
    summary: run.verdict?.summary ?? run.problem,
  };
}

function optionalTime(at: Instant | null): string | null {
  return at === null ? null : isoTime(at);
}
