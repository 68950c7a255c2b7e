import type { Gpu, GpuProcess, HostProcess, HostSample, HostState, ThrottleReason } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';
import { type Instant, isoTime } from '../../domain/time.ts';
import type { ProbeView } from '../../domain/views.ts';
import { runsByPid } from '../runs/fleet.ts';

/** What may be shown of processes. */
export interface Privacy {
  /** Names of the users of processes that are not ours. */
  readonly users: boolean;
  /** Command lines of processes that are not ours. */
  readonly commands: boolean;
  /** Masks the secrets in any command line. */
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
        power_limit_w: gpu.powerLimitW,
        bus_id: gpu.busId,
        clocks: { sm: gpu.clocks.sm, sm_max: gpu.clocks.smMax, memory: gpu.clocks.memory },
        throttle: gpu.throttle,
        ecc: gpu.ecc,
        mig: gpu.mig,
        xid: xidsOf(gpu, sample),
        notes: gpuNotes(gpu, xidsOf(gpu, sample) ?? []),
      })) ?? null,
    oom_kills: sample?.oomKills ?? { host: null, cgroup: null },
    kernel_events: kernelEvents(sample),
    processes: sample === null ? [] : processes(sample, runs, privacy),
    problems: sample?.problems ?? [],
  };
}

const HEAT: ReadonlySet<ThrottleReason> = new Set(['sw-thermal', 'hw-thermal']);
const POWER: ReadonlySet<ThrottleReason> = new Set(['power-cap', 'hw-power-brake']);

function gpuNotes({ throttle, ecc, mig }: Gpu, xids: readonly number[]): string[] {
  const causes = throttle ?? [];
  const heat = causes.some((cause) => HEAT.has(cause));
  const hardware = !heat && causes.includes('hw-slowdown');
  const power = !heat && !hardware && causes.some((cause) => POWER.has(cause));
  return [
    ...(xids.length > 0 ? [`Xid ${xids.join(', ')}`] : []),
    ...((ecc.uncorrected ?? 0) > 0 ? [`ECC: ${ecc.uncorrected} uncorrected`] : []),
    ...(heat ? ['throttled: heat'] : []),
    ...(hardware ? ['throttled: hardware'] : []),
    ...(power ? ['throttled: power'] : []),
    ...(mig === null ? [] : [`MIG: ${mig.length} ${mig.length === 1 ? 'instance' : 'instances'}`]),
  ];
}

function xidsOf({ busId }: Gpu, { kernelEvents }: HostSample): number[] | null {
  if (kernelEvents === null) return null;
  const codes = kernelEvents.flatMap((event) => (event.kind === 'xid' && event.busId === busId ? [event.code] : []));
  return [...new Set(codes)].sort((a, b) => a - b);
}

function kernelEvents(sample: HostSample | null): HostView['kernel_events'] {
  const events = sample?.kernelEvents ?? null;
  if (events === null) return null;
  return events.map(({ at, text }) => ({ at: at === null ? null : isoTime(at), text })).reverse();
}

/** By GPU; processes of runs that are on none come last. */
function processes(sample: HostSample, runs: readonly Run[], privacy: Privacy): HostView['processes'] {
  const table = new Map(sample.processes?.map((process) => [process.pid, process]));
  const runOf = runsByPid(sample, runs);
  const indexOf = new Map(sample.gpus?.map((gpu) => [gpu.uuid, gpu.index]));
  const onGpu = sample.gpuProcesses ?? [];
  const gpuPids = new Set(onGpu.map((process) => process.pid));

  function line(pid: number, gpu: GpuProcess | null): HostView['processes'][number] {
    const run = runOf.get(pid) ?? null;
    const process: HostProcess | undefined = table.get(pid);
    const command = process?.args ?? gpu?.name ?? null;
    return {
      pid,
      user: privacy.users || run !== null ? (process?.user ?? null) : null,
      started_at: process?.startedAt == null ? null : isoTime(process.startedAt),
      gpu_index: gpu === null ? null : (indexOf.get(gpu.gpuUuid) ?? null),
      gpu_memory: gpu?.memory ?? null,
      run: run?.config ?? null,
      cmd: command !== null && (privacy.commands || run !== null) ? privacy.redact(command) : null,
    };
  }

  const trainers = runs.flatMap(({ process }) => (process?.host === sample.host ? [process.pid] : []));
  return [
    ...onGpu.map((gpu) => line(gpu.pid, gpu)),
    ...trainers.filter((pid) => !gpuPids.has(pid)).map((pid) => line(pid, null)),
  ].sort((a, b) => (a.gpu_index ?? Number.MAX_VALUE) - (b.gpu_index ?? Number.MAX_VALUE) || a.pid - b.pid);
}
