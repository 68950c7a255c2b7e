import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addEntry,
  addEvent,
  addSample,
  average,
  closeMetrics,
  type DailyMetrics,
  emptyMetrics,
} from '../../../src/core/digest/daily-metrics.ts';
import { keyEventViews } from '../../../src/core/digest/key-events.ts';
import type { FleetSample } from '../../../src/domain/digest.ts';
import type { Event } from '../../../src/domain/event.ts';
import { HOUR, isoTime, MINUTE } from '../../../src/domain/time.ts';
import { NO_RUNS, T0 } from '../../support/make.ts';
import { makeFleetSample } from './sample.ts';

const INTERVAL = 5 * MINUTE;

function foldSamples(samples: readonly FleetSample[], to: number): DailyMetrics {
  return closeMetrics(samples.reduce(addSample, emptyMetrics(T0, INTERVAL)), to);
}

function foldEvents(events: readonly Event[]): DailyMetrics {
  return events.reduce(addEvent, emptyMetrics(T0, INTERVAL));
}

function cpuOf(metrics: DailyMetrics): number | null {
  return average(metrics.hosts.map(({ cpu }) => cpu));
}

function failed(config: string, summary: string, at = T0): Event {
  const base = { project: 'lab', config, host: 'gpu1', completedEpochs: 1 };
  return { kind: 'run-failed', at, ...base, reason: 'fatal-error', summary };
}

describe('metrics of samples', () => {
  it('weighs a sample by the time until the next', () => {
    const samples = [
      makeFleetSample(T0, [{ cpu: 10, gpus: [[20], [40]] }]),
      makeFleetSample(T0 + 2 * MINUTE, [{ cpu: 70, gpus: [[80], [100]] }]),
    ];
    const metrics = foldSamples(samples, T0 + 6 * MINUTE);
    assert.equal(cpuOf(metrics), (10 * 2 + 70 * 4) / 6);
    assert.deepEqual(metrics.gpuPeak, { pct: 90, at: T0 + 2 * MINUTE });
    assert.deepEqual(metrics.cpuPeak, { pct: 70, at: T0 + 2 * MINUTE });
    assert.equal(metrics.hosts[0]?.observedMs, 6 * MINUTE);
  });

  it('knows nothing of the time beyond two intervals', () => {
    const metrics = foldSamples([makeFleetSample(T0, [{ cpu: 10, gpus: [] }])], T0 + 8 * HOUR);
    assert.equal(metrics.hosts[0]?.observedMs, 2 * INTERVAL);
  });

  it('takes a single look for an average', () => {
    assert.equal(cpuOf(foldSamples([makeFleetSample(T0, [{ cpu: 10, gpus: [] }])], T0)), 10);
  });

  it('takes nothing away when the clock is set back', () => {
    const samples = [T0 + HOUR, T0, T0 + MINUTE].map((at) => makeFleetSample(at, [{ cpu: 10, gpus: [] }]));
    const metrics = foldSamples(samples, T0 + 2 * MINUTE);
    assert.equal(metrics.hosts[0]?.observedMs, 2 * MINUTE + 1);
    assert.equal(cpuOf(metrics), 10);
  });

  it('counts a host that is away as not observed, and never as idle', () => {
    const samples = [
      makeFleetSample(T0, [{ cpu: 10, gpus: [[0, false]] }, null]),
      makeFleetSample(T0 + INTERVAL, [null, null]),
    ];
    const [seen, never] = foldSamples(samples, T0 + 2 * INTERVAL).hosts;
    assert.deepEqual(
      [seen?.observedMs, seen?.cpu.ms, seen?.gpus[0]?.idleMs, seen?.gpus[0]?.util.ms],
      [INTERVAL, INTERVAL, INTERVAL, INTERVAL],
    );
    assert.deepEqual(never, { host: 'gpu2', observedMs: 0, cpu: { ms: 0, sum: 0 }, gpus: [] });
  });

  it('keeps GPUs when a host forgets them for a while', () => {
    const gpus = [[[50]], null, [[70]]] as const;
    const samples = gpus.map((use, index) => makeFleetSample(T0 + index * INTERVAL, [{ cpu: 1, gpus: use }]));
    const [host] = foldSamples(samples, T0 + 3 * INTERVAL).hosts;
    assert.equal(host?.observedMs, 3 * INTERVAL);
    assert.equal(average(host.gpus.map(({ util }) => util)), 60);
  });

  const idle: readonly [string, number | null, boolean | null, number][] = [
    ['below 5 % without a process of ours', 4.9, false, INTERVAL],
    ['at 5 %', 5, false, 0],
    ['with a process of ours', 0, true, 0],
    ['whose processes are unknown', 0, null, 0],
    ['whose use is unknown', null, false, 0],
  ];
  for (const [name, util, ours, idleMs] of idle) {
    it(`a GPU ${name} was idle for ${idleMs / MINUTE} minutes`, () => {
      const sample = makeFleetSample(T0, [{ cpu: null, gpus: [[util, ours]] }]);
      const [host] = foldSamples([sample], T0 + INTERVAL).hosts;
      assert.equal(host?.gpus[0]?.idleMs ?? 0, idleMs);
    });
  }

  it('has no average where nothing was seen', () => {
    assert.equal(average([]), null);
    assert.equal(cpuOf(foldSamples([makeFleetSample(T0, [null])], T0 + INTERVAL)), null);
    assert.equal(foldSamples([], T0 + INTERVAL).gpuPeak, null);
  });

  it('has averages between the lowest and the highest, and no average above its peak', () => {
    const use = fc.option(fc.integer({ min: 0, max: 100 }), { nil: null });
    const host = fc.record({ cpu: use, gpus: fc.array(fc.tuple(use, fc.boolean()), { maxLength: 4 }) });
    const hosts = fc.array(fc.option(host, { nil: null }), { maxLength: 3 });
    const ticks = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 * MINUTE }), hosts), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(ticks, (list) => {
        let at = T0;
        const samples = list.map(([step, seen]) => {
          at += step;
          return makeFleetSample(at, seen);
        });
        const metrics = foldSamples(samples, at + MINUTE);
        const values = samples.flatMap((sample) => sample.hosts.flatMap(({ gpus }) => gpus ?? []));
        const known = values.flatMap(({ util_pct }) => util_pct ?? []);
        const mean = average(metrics.hosts.flatMap(({ gpus }) => gpus.map(({ util }) => util)));
        assert.equal(mean === null, known.length === 0);
        if (mean === null) return;
        assert.ok(mean >= Math.min(...known) - 1e-9 && mean <= Math.max(...known) + 1e-9);
        assert.ok(metrics.gpuPeak !== null && mean <= metrics.gpuPeak.pct + 1e-9);
        for (const { gpus, observedMs } of metrics.hosts) {
          for (const gpu of gpus) assert.ok(gpu.idleMs <= gpu.util.ms && gpu.util.ms <= observedMs);
        }
      }),
    );
  });
});

describe('metrics of events', () => {
  const ofRun = { at: T0, project: 'lab', config: 'configs/a.py', host: 'gpu1' };

  it('counts what began and ended', () => {
    const metrics = foldEvents([
      { kind: 'run-started', ...ofRun },
      { kind: 'run-restarted', ...ofRun, session: 2 },
      { kind: 'run-finished', ...ofRun, earlyStopped: false, completedEpochs: 3, session: 1 },
      { kind: 'epochs-completed', ...ofRun, from: 1, to: 2, total: 3 },
      failed('configs/a.py', 'boom'),
    ]);
    assert.deepEqual([metrics.started, metrics.finished, metrics.failed], [2, 1, 1]);
    assert.equal(metrics.keyEvents.length, 1);
  });

  it('folds failures that are alike but for their numbers', () => {
    const names = Array.from({ length: 23 }, (_, index) => `configs/run_${String(index).padStart(2, '0')}.py`);
    const events = names.map((config, index) => failed(config, `CUDA out of memory: ${index}.50 MiB`, T0 + index));
    const { keyEvents } = foldEvents([...events, failed('configs/x.py', 'KeyError: loss')]);
    assert.deepEqual(
      keyEvents.map(({ count, configs, at, lastAt, summary }) => ({ count, configs, at, lastAt, summary })),
      [
        { count: 23, configs: names.slice(0, 3), at: T0, lastAt: T0 + 22, summary: 'CUDA out of memory: 0.50 MiB' },
        { count: 1, configs: ['configs/x.py'], at: T0, lastAt: T0, summary: 'KeyError: loss' },
      ],
    );
  });

  it('keeps the longest absence of a host and the longest silence of a run', () => {
    const { keyEvents } = foldEvents([
      { kind: 'host-lost', at: T0, host: 'gpu1', error: 'no route' },
      { kind: 'host-back', at: T0, host: 'gpu1', awayMs: MINUTE },
      { kind: 'host-back', at: T0 + 1, host: 'gpu1', awayMs: HOUR },
      { kind: 'run-stuck', ...ofRun, silentSince: null },
      { kind: 'run-stuck', ...ofRun, silentSince: T0 - HOUR },
      { kind: 'run-outdated', ...ofRun },
      { kind: 'project-found', at: T0, project: 'lab', counts: NO_RUNS },
    ]);
    assert.deepEqual(
      keyEvents.map(({ kind, count, durationMs }) => [kind, count, durationMs]),
      [
        ['host-lost', 1, null],
        ['host-back', 2, HOUR],
        ['run-stuck', 2, HOUR],
        ['run-outdated', 1, null],
        ['project-found', 1, null],
      ],
    );
  });

  it('tells of what the launcher did and met, alike things as one', () => {
    const at = (minute: number) => ({ at: T0 + minute * MINUTE, project: 'lab' });
    const removed = (config: string) => ({ config, host: 'ann@gpu1', pid: 7 });
    const { keyEvents } = foldEvents([
      { kind: 'launcher-round', ...at(0) },
      { kind: 'launcher-progress', ...at(0), pct: 31.9 },
      { kind: 'launcher-waiting', ...at(0) },
      { kind: 'launcher-done', ...at(0) },
      { kind: 'run-launched', ...ofRun, gpu: 1 },
      { kind: 'stuck-removed', ...at(1), runs: [removed('configs/b.py'), removed('configs/a.py')] },
      { kind: 'stuck-removed', ...at(61), runs: ['c', 'd'].map((name) => removed(`configs/${name}.py`)) },
      { kind: 'outdated-cleaned', ...at(2), days: 120, workDirs: ['logs/a'] },
      { kind: 'run-error', ...at(3), config: 'configs/a.py', errorLog: 'logs/a/error.log' },
      { kind: 'gpus-disconnected', ...at(4), gpus: { 'ann@gpu1': [0, 1], 'ann@gpu2': [3] } },
      { kind: 'hosts-disconnected', ...at(5), hosts: ['ann@gpu1'] },
      { kind: 'hosts-disconnected', ...at(6), hosts: ['ann@gpu1'] },
      { kind: 'hosts-disconnected', ...at(7), hosts: ['ann@gpu2'] },
      { kind: 'launcher-error', ...at(8), text: 'ssh try 1: connection failed' },
      { kind: 'launcher-error', ...at(9), text: 'ssh try 2: connection failed' },
    ]);
    assert.deepEqual(
      keyEvents.map(({ kind, count, configs, summary, project }) => [kind, count, configs, summary, project]),
      [
        ['stuck-removed', 4, ['configs/a.py', 'configs/b.py', 'configs/c.py'], null, 'lab'],
        ['outdated-cleaned', 1, ['logs/a'], null, 'lab'],
        ['run-error', 1, ['configs/a.py'], null, 'lab'],
        ['gpus-disconnected', 1, [], 'GPUs 0, 1 of ann@gpu1, GPU 3 of ann@gpu2', 'lab'],
        ['hosts-disconnected', 2, [], 'ann@gpu1', 'lab'],
        ['hosts-disconnected', 1, [], 'ann@gpu2', 'lab'],
        ['launcher-error', 2, [], 'ssh try 1: connection failed', 'lab'],
      ],
    );
  });

  it('leaves to an earlier digest what is learnt of late', () => {
    const text = 'disk full';
    const late: Event = { kind: 'launcher-error', at: T0 - 1, project: 'lab', text };
    assert.deepEqual(
      foldEvents([late, { ...late, at: T0 }]).keyEvents.map(({ at }) => at),
      [T0],
    );
  });

  it('stays small whatever happens', () => {
    const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
    const metrics = foldEvents(
      Array.from({ length: 2000 }, (_, index) => failed('c'.repeat(5000), letters(index) + 'x'.repeat(5000))),
    );
    assert.equal(metrics.failed, 2000);
    assert.equal(metrics.keyEvents.length + metrics.keyEventsOmitted, 2000);
    assert.ok(JSON.stringify(metrics).length < 1_000_000);
    assert.deepEqual(JSON.parse(JSON.stringify(metrics)), metrics);
  });

  it('does not depend on the order of arrival within a tick', () => {
    const events: Event[] = [
      failed('configs/a.py', 'CUDA out of memory: 3 MiB'),
      failed('configs/b.py', 'CUDA out of memory: 2 MiB'),
      failed('configs/c.py', 'CUDA out of memory: 1 MiB'),
      failed('configs/d.py', 'CUDA out of memory: 4 MiB'),
      failed('configs/e.py', 'boom'),
      { kind: 'host-lost', at: T0, host: 'gpu1', error: 'b' },
      { kind: 'host-lost', at: T0, host: 'gpu1', error: 'a' },
      { kind: 'run-stuck', ...ofRun, silentSince: T0 - HOUR },
      { kind: 'run-stuck', ...ofRun, silentSince: null },
    ];
    const entries = [
      ...events.map((event) => ({ t: 'event' as const, event })),
      { t: 'sample' as const, sample: makeFleetSample(T0, [{ cpu: 10, gpus: [[5]] }]) },
    ];
    const tell = (list: typeof entries) => {
      const { keyEvents, ...rest } = closeMetrics(list.reduce(addEntry, emptyMetrics(T0, INTERVAL)), T0 + INTERVAL);
      return { ...rest, keyEvents: keyEventViews(keyEvents, isoTime) };
    };
    const expected = tell(entries);
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (list) => {
        assert.deepEqual(tell(list), expected);
      }),
    );
  });
});
