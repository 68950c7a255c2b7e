import type { HostProcess, HostSample, HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';
import { type Instant, isoTime } from '../../domain/time.ts';
import type { ProbeView } from '../../domain/views.ts';

interface Privacy {
  /** Whether names of other users are shown. */
  readonly users: boolean;
  /** Whether command lines of processes that are not ours are shown. */
  readonly commands: boolean;
  readonly redact: (text: string) => string;
}

type HostView = ProbeView['hosts'][number];

/** What the last probes of these hosts read: figures, GPUs, and the processes that matter. */
export function probeView(
  hosts: readonly HostState[],
  runs: readonly Run[],
  privacy: Privacy,
  now: Instant,
): ProbeView {
  return { schema: 'pylon.probe/1', at: isoTime(now), hosts: hosts.map((host) => hostView(host, runs, privacy)) };
}

function hostView(host: HostState, runs: readonly Run[], privacy: Privacy): HostView {
  const { sample } = host;
  return {
    name: host.name,
    reachable: host.reachable,
    error: host.error?.message ?? null,
    clock_skew_s: sample?.clockSkewS ?? null,
    cpu: sample?.cpu ?? { pct: null, cores: null, load1: null },
    memory: sample?.memory ?? null,
    disks: sample?.disks ?? null,
    gpus:
      sample?.gpus?.map((gpu) => ({
        index: gpu.index,
        uuid: gpu.uuid,
        name: gpu.name,
        state: gpu.state,
        util_pct: gpu.utilPct,
        memory: gpu.memory,
        temp_c: gpu.tempC,
        power_w: gpu.powerW,
      })) ?? null,
    processes: sample === null ? [] : processes(sample, runs, privacy),
    problems: sample?.problems ?? [],
  };
}

function processes(sample: HostSample, runs: readonly Run[], privacy: Privacy): HostView['processes'] {
  const table = new Map(sample.processes?.map((process) => [process.pid, process]));
  const runOf = new Map(
    runs.flatMap((run) => (run.process?.host === sample.host ? [[run.process.pid, run.config] as const] : [])),
  );
  const indexOf = new Map(sample.gpus?.map((gpu) => [gpu.uuid, gpu.index]));
  const onGpu = sample.gpuProcesses ?? [];
  const gpuPids = new Set(onGpu.map((process) => process.pid));

  function line(pid: number, gpuIndex: number | null, memory: number | null): HostView['processes'][number] {
    const run = runOf.get(pid) ?? null;
    const process: HostProcess | undefined = table.get(pid);
    return {
      pid,
      user: privacy.users || run !== null ? (process?.user ?? null) : null,
      started_at: process?.startedAt == null ? null : isoTime(process.startedAt),
      gpu_index: gpuIndex,
      gpu_memory: memory,
      run,
      cmd: process !== undefined && (privacy.commands || run !== null) ? privacy.redact(process.args) : null,
    };
  }

  return [
    ...onGpu.map(({ pid, gpuUuid, memory }) => line(pid, indexOf.get(gpuUuid) ?? null, memory)),
    ...[...runOf.keys()].filter((pid) => !gpuPids.has(pid)).map((pid) => line(pid, null, null)),
  ];
}
