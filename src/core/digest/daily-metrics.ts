import type { FleetSample, GpuFigures, HistoryEntry } from '../../domain/digest.ts';
import type { Event } from '../../domain/event.ts';
import type { Instant } from '../../domain/time.ts';
import { IDLE_BELOW_PCT } from '../runs/fleet.ts';
import { addKeyEvent, type KeyEvent, keyEvent } from './key-events.ts';

/** A sum of value x time, and of time, in ms: their quotient is the average over time. */
export interface TimeSum {
  readonly ms: number;
  readonly sum: number;
}

export interface Peak {
  readonly pct: number;
  readonly at: Instant;
}

export interface GpuMetrics {
  readonly index: number;
  readonly util: TimeSum;
  readonly idleMs: number;
}

export interface HostMetrics {
  readonly host: string;
  readonly observedMs: number;
  readonly cpu: TimeSum;
  readonly gpus: readonly GpuMetrics[];
}

/**
 * What is accumulated to make a digest: plain JSON, of a size that does not grow with time. It is a fold
 * over the history, and so survives whatever ends the process.
 */
export interface DailyMetrics {
  readonly from: Instant;
  /** A sample says nothing about the time beyond this, so that a bot that was away has seen nothing. */
  readonly longestGapMs: number;
  readonly started: number;
  readonly finished: number;
  readonly failed: number;
  readonly keyEvents: readonly KeyEvent[];
  readonly keyEventsOmitted: number;
  readonly hosts: readonly HostMetrics[];
  /** Highest mean over all GPUs, or hosts, that were seen at one instant. */
  readonly gpuPeak: Peak | null;
  readonly cpuPeak: Peak | null;
  /** Counts from its instant on, for a time that the next one tells. */
  readonly lastSample: FleetSample | null;
}

const NOTHING: TimeSum = { ms: 0, sum: 0 };

/** `sampleIntervalMs` is the time between stored samples. */
export function emptyMetrics(from: Instant, sampleIntervalMs: number): DailyMetrics {
  return {
    from,
    longestGapMs: 2 * sampleIntervalMs,
    started: 0,
    finished: 0,
    failed: 0,
    keyEvents: [],
    keyEventsOmitted: 0,
    hosts: [],
    gpuPeak: null,
    cpuPeak: null,
    lastSample: null,
  };
}

export function addEntry(metrics: DailyMetrics, entry: HistoryEntry): DailyMetrics {
  return entry.t === 'event' ? addEvent(metrics, entry.event) : addSample(metrics, entry.sample);
}

export function addEvent(metrics: DailyMetrics, event: Event): DailyMetrics {
  // A launcher's log is read after the fact: what happened before belongs to an earlier digest.
  if (event.at < metrics.from) return metrics;
  const counted = countEvent(metrics, event);
  const key = keyEvent(event);
  if (key === null) return counted;
  const keyEvents = addKeyEvent(counted.keyEvents, key);
  if (keyEvents === null) return { ...counted, keyEventsOmitted: counted.keyEventsOmitted + 1 };
  return { ...counted, keyEvents };
}

export function addSample(metrics: DailyMetrics, sample: FleetSample): DailyMetrics {
  return {
    ...closeMetrics(metrics, sample.at),
    gpuPeak: higher(metrics.gpuPeak, sample.at, sample.hosts.flatMap(knownUse)),
    cpuPeak: higher(
      metrics.cpuPeak,
      sample.at,
      sample.hosts.flatMap(({ cpu_pct }) => cpu_pct ?? []),
    ),
    lastSample: sample,
  };
}

/** Counts the last sample up to `to`, the end of the window. */
export function closeMetrics(metrics: DailyMetrics, to: Instant): DailyMetrics {
  const { lastSample, longestGapMs } = metrics;
  if (lastSample === null) return metrics;
  // At least 1 ms: a single look is an average too, and a clock that was set back takes nothing away.
  const ms = Math.min(longestGapMs, Math.max(1, to - lastSample.at));
  const hosts = new Map(metrics.hosts.map((host) => [host.host, host]));
  for (const seen of lastSample.hosts) hosts.set(seen.host, addHost(hosts.get(seen.host), seen, ms));
  return { ...metrics, hosts: [...hosts.values()], lastSample: null };
}

/** null where nothing was added up. */
export function average(sums: readonly TimeSum[]): number | null {
  const ms = total(sums.map((part) => part.ms));
  return ms === 0 ? null : total(sums.map((part) => part.sum)) / ms;
}

function countEvent(metrics: DailyMetrics, event: Event): DailyMetrics {
  switch (event.kind) {
    case 'run-started':
    case 'run-restarted':
      return { ...metrics, started: metrics.started + 1 };
    case 'run-finished':
      return { ...metrics, finished: metrics.finished + 1 };
    case 'run-failed':
      return { ...metrics, failed: metrics.failed + 1 };
    default:
      return metrics;
  }
}

function addHost(known: HostMetrics | undefined, seen: FleetSample['hosts'][number], ms: number): HostMetrics {
  const before = known ?? { host: seen.host, observedMs: 0, cpu: NOTHING, gpus: [] };
  const observed = seen.cpu_pct !== null || seen.gpus !== null;
  if (!observed) return before;
  return {
    host: seen.host,
    observedMs: before.observedMs + ms,
    cpu: addValue(before.cpu, seen.cpu_pct, ms),
    gpus: seen.gpus === null ? before.gpus : addGpus(before.gpus, seen.gpus, ms),
  };
}

function addGpus(known: readonly GpuMetrics[], seen: readonly GpuFigures[], ms: number): GpuMetrics[] {
  const gpus = [...known];
  for (const { index, util_pct, ours } of seen) {
    if (util_pct === null) continue;
    const place = gpus.findIndex((gpu) => gpu.index === index);
    const before = gpus[place];
    const idle = util_pct < IDLE_BELOW_PCT && ours === false;
    gpus[place < 0 ? gpus.length : place] = {
      index,
      util: addValue(before?.util ?? NOTHING, util_pct, ms),
      idleMs: (before?.idleMs ?? 0) + (idle ? ms : 0),
    };
  }
  return gpus;
}

function addValue(before: TimeSum, value: number | null, ms: number): TimeSum {
  return value === null ? before : { ms: before.ms + ms, sum: before.sum + value * ms };
}

function knownUse({ gpus }: FleetSample['hosts'][number]): number[] {
  return (gpus ?? []).flatMap(({ util_pct }) => util_pct ?? []);
}

/** The earlier of two equal peaks stays. */
function higher(peak: Peak | null, at: Instant, values: readonly number[]): Peak | null {
  if (values.length === 0) return peak;
  const pct = total(values) / values.length;
  return peak !== null && peak.pct >= pct ? peak : { pct, at };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
