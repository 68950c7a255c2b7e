import type { HostSample } from '../../domain/host.ts';
import type { Run, RunCounts } from '../../domain/run.ts';

export function countRuns(runs: readonly Run[]): RunCounts {
  const counts = { running: 0, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: runs.length };
  for (const run of runs) counts[run.reason === 'never-started' ? 'never_started' : run.status] += 1;
  return counts;
}

/**
 * UUIDs of the GPUs that runs on this host are on; null where its GPU processes are not known. The
 * workers of a run are its process forked: the same command line under another pid.
 */
export function gpusOfOurs(sample: HostSample, runs: readonly Run[]): Set<string> | null {
  if (sample.gpuProcesses === null) return null;
  const ours = runs.filter((run) => run.process?.host === sample.host);
  const pids = new Set(ours.flatMap((run) => run.process?.pid ?? []));
  const commands = new Set(ours.flatMap((run) => run.process?.args ?? []));
  for (const process of sample.processes ?? []) if (commands.has(process.args)) pids.add(process.pid);
  return new Set(sample.gpuProcesses.filter(({ pid }) => pids.has(pid)).map(({ gpuUuid }) => gpuUuid));
}
