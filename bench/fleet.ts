import type { FleetSample } from '../src/domain/digest.ts';
import type { Run } from '../src/domain/run.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import { MINUTE } from '../src/domain/time.ts';
import { makeGpu, makeHost, makeProject, makeRun, makeSample, makeSnapshot, T0 } from '../test/support/make.ts';

export const DAY_OF_SAMPLES = 288;

/** Runs of one project, spread over hosts. */
export function fleetRuns(count: number, hosts: number, over: (index: number) => Partial<Run> = () => ({})): Run[] {
  return Array.from({ length: count }, (_, index) =>
    makeRun({
      config: `configs/benchmarks/task/model_${index}.py`,
      host: `gpu${(index % hosts) + 1}`,
      newestLog: { path: `/lab/logs/benchmarks/task/model_${index}/train_val_0.log`, mtime: T0, size: 100 },
      ...over(index),
    }),
  );
}

const FAILED = {
  status: 'failed',
  reason: 'fatal-error',
  verdict: { category: 'gpu_oom', summary: 'CUDA out of memory on GPU 1', evidence: [], extracted: {} },
} as const;

/** Nine in ten finished, the rest running; or all failed. */
export function mixedRun(index: number): Partial<Run> {
  return index % 10 === 0 ? {} : { status: 'finished', reason: 'complete' };
}

export function failedRun(): Partial<Run> {
  return FAILED;
}

export function fleetSnapshot(runs: readonly Run[], hosts: number, at = T0): Snapshot {
  const names = Array.from({ length: hosts }, (_, index) => `gpu${index + 1}`);
  return makeSnapshot({
    at,
    hosts: names.map((name) => makeHost({ name, sample: makeSample({ host: name, gpus: gpus(name) }) })),
    projects: [makeProject()],
    runs,
  });
}

function gpus(host: string) {
  return Array.from({ length: 8 }, (_, index) =>
    makeGpu({
      index,
      uuid: `GPU-${host}-${index}`,
      utilPct: (index * 13) % 100,
      memory: { total: 80e9, used: index * 9e9 },
    }),
  );
}

/** A day of samples, five minutes apart. */
export function daySamples(hosts: number): FleetSample[] {
  return Array.from({ length: DAY_OF_SAMPLES }, (_, step) => fleetSampleAt(T0 + step * 5 * MINUTE, step, hosts));
}

function fleetSampleAt(at: number, step: number, hosts: number): FleetSample {
  return {
    at,
    hosts: Array.from({ length: hosts }, (_, host) => ({
      host: `gpu${host + 1}`,
      cpu_pct: (step * 7 + host) % 100,
      gpus: Array.from({ length: 8 }, (_, index) => ({
        index,
        util_pct: (step * 11 + host * 3 + index) % 100,
        memory_used: 40e9,
        memory_total: 80e9,
        ours: index % 2 === 0,
      })),
    })),
    runs: { running: 1000, finished: 9000, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: 10_000 },
  };
}
