import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What some work cost this process, in milliseconds. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time, without children. */
  readonly cpuMs: number;
  /** The longest time in which nothing else could run here. */
  readonly pauseMs: number;
}

/** Milliseconds of user and system time of this process. Unlike `costOf` it watches for no pauses, which costs something itself. */
export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export async function costOf(work: () => Promise<unknown> | unknown): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const from = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - from;
  // A pause is seen by the timer that comes late.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return { wallMs, cpuMs: (user + system) / 1000, pauseMs: delay.max / 1e6 };
}

/** Milliseconds of each of `count` repetitions, after `warmUp` that do not count. */
export async function timesOf(
  work: (index: number) => Promise<unknown> | unknown,
  count: number,
  warmUp = 0,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = -warmUp; index < count; index += 1) {
    const from = performance.now();
    await work(index);
    if (index >= 0) times.push(performance.now() - from);
  }
  return times;
}

/** The smallest value that `share` (0 to 1) of all do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function spread(times: readonly number[]): string {
  return `p50 ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))}`;
}

export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** How the measured figure compares with the baseline. */
export function timesLess(measured: number, baseline: number): string {
  const factor = baseline / measured;
  return `${factor.toFixed(factor < 10 ? 1 : 0)} times less`;
}

export function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
