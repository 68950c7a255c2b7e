import type { HostSample } from '../../domain/host.ts';
import type { Run, RunCounts } from '../../domain/run.ts';

/** A GPU below this use, with no process of ours, is idle. */
export const IDLE_BELOW_PCT = 5;

export function countRuns(runs: readonly Run[]): RunCounts {
  const counts = { running: 0, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: runs.length };
  for (const run of runs) counts[run.reason === 'never-started' ? 'never_started' : run.status] += 1;
  return counts;
}

/** UUIDs of the GPUs that runs on this host are on; null where its GPU processes are not known. */
export function gpusOfOurs(sample: HostSample, runs: readonly Run[]): Set<string> | null {
  if (sample.gpuProcesses === null) return null;
  const ours = runsByPid(sample, runs);
  return new Set(sample.gpuProcesses.filter(({ pid }) => ours.has(pid)).map(({ gpuUuid }) => gpuUuid));
}

/**
 * Whose the processes on this host are. The workers of a run are its process forked: the same command
 * line under another pid.
 */
export function runsByPid({ host, processes }: HostSample, runs: readonly Run[]): Map<number, Run> {
  const byPid = new Map<number, Run>();
  const byCommand = new Map<string, Run>();
  for (const run of runs) {
    if (run.process?.host !== host) continue;
    byPid.set(run.process.pid, run);
    byCommand.set(run.process.args, run);
  }
  for (const { pid, args } of processes ?? []) {
    const run = byPid.get(pid) ?? byCommand.get(args);
    if (run !== undefined) byPid.set(pid, run);
  }
  return byPid;
}
