import type { Gpu, HostProcess, HostSample, KnownGpu } from '../../domain/host.ts';
import type { Instant } from '../../domain/time.ts';
import type { Section } from '../sections.ts';
import { readDisks } from './disks.ts';
import { readGpuProcesses } from './gpu-processes.ts';
import { compareClocks, type HostClock } from './host-clock.ts';
import { parseBootTime, readKernelLog } from './kernel-log.ts';
import { recallGpus } from './known-gpus.ts';
import { parseMemory, parseOomKills } from './meminfo.ts';
import { readMig } from './mig.ts';
import { explainSlowness, readGpus } from './nvidia-smi.ts';
import { parseCwds, readRoots } from './places.ts';
import { readProcesses } from './ps.ts';
import { type CommandOutput, type Reading, readCommand, readingOf, wholeBody } from './reading.ts';
import { type CpuTicks, cpuPercentage, parseCores, parseCpuTicks, parseLoad } from './stat.ts';

export interface ProbeContext {
  readonly host: string;
  readonly askedAt: Instant;
  readonly receivedAt: Instant;
  /** The counters of the probe before, for the CPU percentage. */
  readonly previous: CpuTicks | null;
  /** The GPUs seen before, so that one that vanishes is missed. */
  readonly known: readonly KnownGpu[];
  /** The roots that were asked for, in this order. */
  readonly roots: readonly string[];
}

export interface Probed {
  readonly sample: HostSample;
  /** `previous` of the next probe. */
  readonly ticks: CpuTicks | null;
  /** `known` of the next probe. */
  readonly known: readonly KnownGpu[];
}

type Sections = ReadonlyMap<string, Section>;
type Facts = Omit<HostSample, 'host' | 'at' | 'problems' | 'gpus' | 'gpuProcesses'>;

/**
 * Turns the sections that PROBE_PROGRAM printed into a sample. Never throws; a section that is missing,
 * cut off or not understood is null in the sample and named in its problems.
 */
export function parseProbe(sections: Sections, context: ProbeContext): Probed {
  const clock = compareClocks(
    wholeBody(sections.get('time')),
    wholeBody(sections.get('time:end')),
    context.askedAt,
    context.receivedAt,
  );
  const machine = readMachine(sections, context, clock);
  const gpus = readAllGpus(sections, context);
  const sample: HostSample = {
    host: context.host,
    at: context.receivedAt,
    ...machine.facts,
    gpus: gpus.gpus,
    gpuProcesses: gpus.gpuProcesses,
    problems: [...new Set([...machine.problems, ...gpus.problems])],
  };
  return { sample, ticks: machine.ticks, known: gpus.known };
}

/** The process table alone: all that a quick look has. */
export function parseProcessTable(
  sections: Sections,
  { askedAt, receivedAt }: Pick<ProbeContext, 'askedAt' | 'receivedAt'>,
): readonly HostProcess[] | null {
  const times = [wholeBody(sections.get('time')), wholeBody(sections.get('time:end'))] as const;
  return readTable(sections, compareClocks(...times, askedAt, receivedAt)).value;
}

function readTable(sections: Sections, { answeredAt }: HostClock): Reading<readonly HostProcess[]> {
  return readProcesses(readCommand(sections.get('ps')), parseCwds(wholeBody(sections.get('cwds'))), answeredAt);
}

function readMachine(
  sections: Sections,
  { previous, roots }: ProbeContext,
  clock: HostClock,
): { facts: Facts; ticks: CpuTicks | null; problems: string[] } {
  const body = (name: string) => wholeBody(sections.get(name));
  const command = (name: string) => readCommand(sections.get(name));

  const skew = readingOf(clock.skewS, 'clock: it could not be compared');
  const first = parseCpuTicks(body('stat'));
  const ticks = readingOf(parseCpuTicks(body('stat:end')) ?? first, 'CPU: its counters could not be read');
  const cores = readingOf(parseCores(body('stat')), 'CPU: the number of cores could not be read');
  const load = readingOf(parseLoad(body('loadavg')), 'CPU: the load average could not be read');
  const memory = readingOf(parseMemory(body('meminfo')), 'memory: it could not be read');
  const processes = readTable(sections, clock);
  const disks = readDisks(command('disks'), command('disks:local'), command('inodes'));
  const kernel = readKernelLog(command('kernel'), parseBootTime(body('stat')), clock.skewS);
  const places = readRoots(command('roots'), roots);

  const facts: Facts = {
    clockSkewS: skew.value,
    cpu: { pct: cpuPercentage(previous ?? first, ticks.value), cores: cores.value, load1: load.value },
    memory: memory.value,
    disks: disks.value,
    processes: processes.value,
    oomKills: parseOomKills(body('meminfo')),
    kernelEvents: kernel.value,
    roots: places.value ?? {},
  };
  const readings = [skew, ticks, cores, load, memory, processes, disks, kernel, places];
  return { facts, ticks: ticks.value, problems: readings.flatMap(({ problem }) => problem ?? []) };
}

function readAllGpus(
  sections: Sections,
  { known, receivedAt }: ProbeContext,
): Pick<HostSample, 'gpus' | 'gpuProcesses' | 'problems'> & Pick<Probed, 'known'> {
  const wanted = wantedIndices(wholeBody(sections.get('wanted')).trim());
  const isWatched = (index: number) => wanted?.has(index) ?? true;
  const command = (name: string) => readCommand(sections.get(name));
  const list = readGpus(command('gpus'), eachGpu(sections), readMig(command('mig')));
  const recalled = recallGpus(list, known, isWatched, receivedAt);
  const processes = readGpuProcesses(command('gpuprocs'));
  const absence = list.state === 'whole' ? explainAbsence(wanted, recalled.gpus ?? []) : null;
  const slowness = explainSlowness(wholeBody(sections.get('gpus:seconds')).trim(), list);
  const others = new Set(list.gpus.filter(({ index }) => !isWatched(index)).map(({ uuid }) => uuid));
  return {
    gpus: recalled.gpus,
    gpuProcesses: processes.value?.filter(({ gpuUuid }) => !others.has(gpuUuid)) ?? null,
    known: recalled.known,
    problems: [...[list, recalled, processes].map(({ problem }) => problem), absence, slowness].flatMap(
      (problem) => problem ?? [],
    ),
  };
}

/** Those that were asked for one by one, by index. */
function eachGpu(sections: Sections): ReadonlyMap<number, CommandOutput> {
  const outputs = new Map<number, CommandOutput>();
  for (const [name, section] of sections) {
    const index = /^gpus:(\d{1,4})$/.exec(name)?.[1];
    if (index !== undefined) outputs.set(Number(index), readCommand(section));
  }
  return outputs;
}

/** The GPUs that the configuration names, `0,1`; null: `all`. */
function wantedIndices(wanted: string): ReadonlySet<number> | null {
  return /^\d{1,4}(?:,\d{1,4})*$/.test(wanted) ? new Set(wanted.split(',').map(Number)) : null;
}

/** One that was never there, or whose card has another index since a dead one is gone. */
function explainAbsence(wanted: ReadonlySet<number> | null, gpus: readonly Gpu[]): string | null {
  const absent = [...(wanted ?? [])].filter((index) => !gpus.some((gpu) => gpu.index === index));
  return absent.length === 0 ? null : `GPUs: the configuration names GPU ${absent.join(', ')}, which is not there`;
}
