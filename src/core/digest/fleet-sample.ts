import type { FleetSample, GpuFigures } from '../../domain/digest.ts';
import type { HostSample, HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { groupBy } from '../../util/group-by.ts';

/** What the history keeps of a snapshot. The figures of a host that cannot be reached are old, and left out. */
export function fleetSample(snapshot: Snapshot): FleetSample {
  const ours = groupBy(
    snapshot.runs.filter((run) => run.process !== null),
    (run) => run.process?.host,
  );
  return {
    at: snapshot.at,
    hosts: snapshot.hosts.map((host) => hostFigures(host, ours.get(host.name) ?? [])),
    runs: countRuns(snapshot.runs),
  };
}

/** Never-started runs have the status failed and are counted on their own. */
export function countRuns(runs: readonly Run[]): FleetSample['runs'] {
  const counts = { running: 0, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: runs.length };
  for (const run of runs) counts[run.reason === 'never-started' ? 'never_started' : run.status] += 1;
  return counts;
}

function hostFigures({ name, reachable, sample }: HostState, runs: readonly Run[]): FleetSample['hosts'][number] {
  if (reachable !== true || sample === null) return { host: name, cpu_pct: null, gpus: null };
  return { host: name, cpu_pct: sample.cpu.pct, gpus: gpuFigures(sample, runs) };
}

function gpuFigures(sample: HostSample, runs: readonly Run[]): GpuFigures[] | null {
  if (sample.gpus === null) return null;
  const busy = gpusOfOurs(sample, runs);
  return sample.gpus.map((gpu) => ({
    index: gpu.index,
    util_pct: gpu.state === 'ok' ? gpu.utilPct : null,
    memory_used: gpu.memory.used,
    memory_total: gpu.memory.total,
    ours: busy?.has(gpu.uuid) ?? null,
  }));
}

/** By UUID. The workers of a run are its process forked: the same command line under another pid. */
function gpusOfOurs(sample: HostSample, runs: readonly Run[]): Set<string> | null {
  if (sample.gpuProcesses === null) return null;
  const pids = new Set(runs.flatMap((run) => run.process?.pid ?? []));
  const commands = new Set(runs.flatMap((run) => run.process?.args ?? []));
  for (const process of sample.processes ?? []) if (commands.has(process.args)) pids.add(process.pid);
  return new Set(sample.gpuProcesses.filter(({ pid }) => pids.has(pid)).map(({ gpuUuid }) => gpuUuid));
}
