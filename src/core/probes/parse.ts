import type { HostSample } from '../../domain/host.ts';
import type { Instant } from '../../domain/time.ts';
import type { Section } from '../sections.ts';
import { readDisks } from './disks.ts';
import { compareClocks } from './host-clock.ts';
import { parseMemory } from './meminfo.ts';
import { onlyWanted, parseGpuProcesses, parseGpus } from './nvidia-smi.ts';
import { readProcesses } from './ps.ts';
import { readCommand, readingOf, wholeBody } from './reading.ts';
import { type CpuTicks, cpuPercentage, parseCores, parseCpuTicks, parseLoad } from './stat.ts';

export interface ProbeContext {
  readonly host: string;
  readonly askedAt: Instant;
  readonly receivedAt: Instant;
  /** The counters of the probe before, for the CPU percentage. */
  readonly previous: CpuTicks | null;
}

/**
 * Turns the sections that PROBE_PROGRAM printed into a sample. Never throws; a section that is missing,
 * cut off or not understood is null in the sample and named in its problems. `ticks` is the `previous`
 * of the next probe.
 */
export function parseProbe(
  sections: ReadonlyMap<string, Section>,
  { host, askedAt, receivedAt, previous }: ProbeContext,
): { sample: HostSample; ticks: CpuTicks | null } {
  const body = (name: string) => wholeBody(sections.get(name));
  const command = (name: string) => readCommand(sections.get(name));

  const clock = compareClocks(body('time'), body('time:end'), askedAt, receivedAt);
  const skew = readingOf(clock.skewS, 'clock: it could not be compared');
  const first = parseCpuTicks(body('stat'));
  const ticks = readingOf(parseCpuTicks(body('stat:end')) ?? first, 'CPU: its counters could not be read');
  const cores = readingOf(parseCores(body('stat')), 'CPU: the number of cores could not be read');
  const load = readingOf(parseLoad(body('loadavg')), 'CPU: the load average could not be read');
  const memory = readingOf(parseMemory(body('meminfo')), 'memory: it could not be read');
  const processes = readProcesses(command('ps'), clock.answeredAt);
  const disks = readDisks(command('disks'), command('disks:local'));
  const gpus = parseGpus(command('gpus'));
  const gpuProcesses = parseGpuProcesses(command('gpuprocs'));

  const readings = [skew, ticks, cores, load, memory, processes, disks, gpus, gpuProcesses];
  const problems = new Set(readings.flatMap(({ problem }) => problem ?? []));
  const sample: HostSample = {
    host,
    at: receivedAt,
    clockSkewS: skew.value,
    cpu: { pct: cpuPercentage(previous ?? first, ticks.value), cores: cores.value, load1: load.value },
    memory: memory.value,
    disks: disks.value,
    ...onlyWanted(body('wanted').trim(), gpus.value, gpuProcesses.value),
    processes: processes.value,
    problems: [...problems],
  };
  return { sample, ticks: ticks.value };
}
