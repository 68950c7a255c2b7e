import type { FleetSample, GpuFigures } from '../../domain/digest.ts';
import type { HostSample, HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { countRuns, gpusOfOurs } from '../runs/fleet.ts';

/** What the history keeps of a snapshot. The figures of a host that cannot be reached are old, and left out. */
export function fleetSample(snapshot: Snapshot): FleetSample {
  return {
    at: snapshot.at,
    hosts: snapshot.hosts.map((host) => hostFigures(host, snapshot.runs)),
    runs: countRuns(snapshot.runs),
  };
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
