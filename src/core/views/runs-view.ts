import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { type Instant, isoTime } from '../../domain/time.ts';
import type { RunsView, RunView } from '../../domain/views.ts';

/** Every run of every project, by name. `redact` masks the secrets in command lines. */
export function runsView(snapshot: Snapshot, redact: (text: string) => string): RunsView {
  return {
    schema: 'pylon.runs/1',
    at: isoTime(snapshot.at),
    runs: [...snapshot.runs].sort(byName).map((run) => runView(run, redact)),
    problems: snapshot.projects.flatMap((project) => project.problems.map((text) => `${project.name}: ${text}`)),
  };
}

/** By code units, which is the same everywhere. */
function byName(a: Run, b: Run): number {
  if (a.project !== b.project) return a.project < b.project ? -1 : 1;
  return a.config < b.config ? -1 : 1;
}

function runView(run: Run, redact: (text: string) => string): RunView {
  const { progress, process } = run;
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
    eta: null,
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
  };
}

function optionalTime(at: Instant | null): string | null {
  return at === null ? null : isoTime(at);
}
