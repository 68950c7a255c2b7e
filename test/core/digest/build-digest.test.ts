import assert from 'node:assert/strict';
import { buildDigest, type DigestInput } from '../../../src/core/digest/build-digest.ts';
import { cutDigest } from '../../../src/core/digest/cut-digest.ts';
import { addEvent, addSample, type DailyMetrics, emptyMetrics } from '../../../src/core/digest/daily-metrics.ts';
import type { Event } from '../../../src/domain/event.ts';
import type { Run } from '../../../src/domain/run.ts';
import { DAY, HOUR, isoTime, MINUTE } from '../../../src/domain/time.ts';
import { makeRun, makeSnapshot, NO_RUNS, T0 } from '../../support/make.ts';
import { makeFleetSample } from './sample.ts';

const INTERVAL = 5 * MINUTE;
const WINDOW = { from: T0 - DAY, to: T0 };
const EMPTY = emptyMetrics(WINDOW.from, INTERVAL);

function digest(runs: readonly Run[], metrics: DailyMetrics = EMPTY, over: Partial<DigestInput> = {}) {
  return buildDigest({
    metrics,
    snapshot: makeSnapshot({ runs }),
    window: WINDOW,
    label: '2026-01-15',
    timeZone: 'Europe/Berlin',
    settings: {
      sections: ['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'],
      nearCompletionPct: 90,
      longRunningDays: 7,
    },
    late: false,
    missed: [],
    ...over,
  });
}

function runs(count: number, over: Partial<Run>): Run[] {
  return Array.from({ length: count }, (_, index) => makeRun({ config: `configs/${over.status}${index}.py`, ...over }));
}

function failed(config: string, summary: string): Run {
  const verdict = { category: 'error' as const, summary, evidence: [], extracted: {} };
  return makeRun({ config, status: 'failed', reason: 'fatal-error', verdict });
}

function progress(completedEpochs: number, totalEpochs: number): Run['progress'] {
  const percentage = (100 * completedEpochs) / totalEpochs;
  return { completedEpochs, totalEpochs, percentage, earlyStopped: false, earlyStoppedAtEpoch: null };
}

function running(config: string, epochs: number, total: number, startedAt: number | null = null): Run {
  const process = startedAt === null ? null : { host: 'gpu1', pid: 1, user: 'ann', startedAt, args: '' };
  return makeRun({ config, progress: progress(epochs, total), process });
}

describe('the statistics of a digest', () => {
  const yesterday = { lastUpdate: T0 - 2 * DAY };
  const today = { lastUpdate: T0 - HOUR };
  const all = [
    ...runs(12, { status: 'running' }),
    ...runs(15, { status: 'finished', reason: 'complete', ...today }),
    ...runs(141, { status: 'finished', reason: 'complete', ...yesterday }),
    ...runs(3, { status: 'failed', reason: 'stopped-writing', ...yesterday }),
    ...runs(2, { status: 'stuck', reason: 'silent-process' }),
    ...runs(5, { status: 'outdated', reason: 'complete' }),
    ...runs(34, { status: 'failed', reason: 'never-started', ...today }),
  ];

  it('add up', () => {
    const { failed_reasons, ...counts } = digest(all).experiments;
    assert.deepEqual(counts, {
      active: 32,
      running: 12,
      started_today: 0,
      finished_today: 15,
      failed: 3,
      failed_today: 0,
      stuck: 2,
      finished: 156,
      outdated: 5,
      never_started: 34,
      total: 212,
      unreachable: 0,
    });
    assert.deepEqual(
      failed_reasons.map(({ summary, count }) => [summary, count]),
      [['stopped before its epochs were complete', 3]],
    );
    assert.deepEqual(digest(all).progress.completion_pct, 73.6);
  });

  it('count what was seen happening, where the disk no longer tells', () => {
    const base = { at: T0 - HOUR, project: 'lab', config: 'configs/a.py', host: 'gpu1' };
    const events: Event[] = [
      { kind: 'run-finished', ...base, earlyStopped: false, completedEpochs: 1, session: 1 },
      { kind: 'run-failed', ...base, reason: 'fatal-error', summary: 'boom', completedEpochs: 1 },
      { kind: 'run-started', ...base },
    ];
    const { finished_today, failed_today, started_today } = digest([], events.reduce(addEvent, EMPTY)).experiments;
    assert.deepEqual([finished_today, failed_today, started_today], [1, 1, 1]);
  });

  it('group failures by what went wrong, the most frequent first', () => {
    const list = [
      failed('configs/a.py', 'KeyError: loss'),
      failed('configs/b.py', 'CUDA out of memory: 2 MiB'),
      failed('configs/c.py', 'CUDA out of memory: 30 MiB'),
      makeRun({ config: 'configs/d.py', status: 'failed', reason: 'unreadable', problem: 'permission denied' }),
    ];
    assert.deepEqual(digest(list).experiments.failed_reasons, [
      { summary: 'CUDA out of memory: 2 MiB', count: 2, configs: ['configs/b.py', 'configs/c.py'] },
      { summary: 'KeyError: loss', count: 1, configs: ['configs/a.py'] },
      { summary: 'permission denied', count: 1, configs: ['configs/d.py'] },
    ]);
  });

  it('say how many statuses are only the last known', () => {
    const list = runs(4, { status: 'running', reason: 'host-unreachable' });
    assert.deepEqual([digest(list).experiments.unreachable, digest(list).experiments.running], [4, 4]);
  });
});

describe('the resources of a digest', () => {
  it('have averages, peaks and idle GPUs', () => {
    const hosts = (use: number) => [
      { cpu: use, gpus: [[use], [0, false]] as const },
      { cpu: 0, gpus: [[0, false]] as const },
    ];
    const metrics = [60, 90, 30].reduce(
      (sum, use, index) => addSample(sum, makeFleetSample(WINDOW.to - (3 - index) * INTERVAL, hosts(use))),
      EMPTY,
    );
    const { resources, observed_pct } = digest([], metrics);
    const peakAt = isoTime(WINDOW.to - 2 * INTERVAL);
    assert.deepEqual(resources, {
      gpu: { average_pct: 20, peak: { pct: 30, at: peakAt }, idle: 2, total: 3, idle_pct: 66.7 },
      cpu: { average_pct: 30, peak: { pct: 45, at: peakAt } },
      hosts: [
        { host: 'gpu1', observed_pct: 1, cpu_pct: 60, gpu_pct: 30 },
        { host: 'gpu2', observed_pct: 1, cpu_pct: 0, gpu_pct: 0 },
      ],
    });
    assert.equal(observed_pct, 1);
  });

  it('do not call a GPU idle for a pause', () => {
    const samples = [50, 0, 50].map((use, index) =>
      makeFleetSample(WINDOW.to - (3 - index) * INTERVAL, [{ cpu: null, gpus: [[use, false]] }]),
    );
    assert.equal(digest([], samples.reduce(addSample, EMPTY)).resources.gpu?.idle, 0);
  });

  it('are unknown, and not 0, where nothing was seen', () => {
    const metrics = addSample(EMPTY, makeFleetSample(WINDOW.from, [null]));
    assert.deepEqual(digest([], metrics).resources, {
      gpu: null,
      cpu: null,
      hosts: [{ host: 'gpu1', observed_pct: 0, cpu_pct: null, gpu_pct: null }],
    });
    assert.equal(digest([]).observed_pct, 0);
  });

  it('are observed whole when a sample came in every interval', () => {
    let metrics = EMPTY;
    for (let at = WINDOW.from; at < WINDOW.to; at += INTERVAL) {
      metrics = addSample(metrics, makeFleetSample(at, [{ cpu: 50, gpus: [[50]] }]));
    }
    assert.equal(digest([], metrics).observed_pct, 100);
  });

  it('are not observed in a window without length', () => {
    const metrics = addSample(EMPTY, makeFleetSample(T0, [{ cpu: 50, gpus: [] }]));
    const { observed_pct, resources } = digest([], metrics, { window: { from: T0, to: T0 } });
    assert.deepEqual([observed_pct, resources.cpu?.average_pct], [0, 50]);
  });
});

describe('the progress of a digest', () => {
  it('names live runs above the threshold, the nearest first', () => {
    const list = [
      running('configs/ablation_1.py', 92, 100),
      running('configs/baseline.py', 19, 20),
      running('configs/at.py', 90, 100),
      makeRun({ config: 'configs/gone.py', status: 'failed', reason: 'fatal-error', progress: progress(99, 100) }),
      makeRun({ config: 'configs/x.py', progress: { ...progress(1, 1), totalEpochs: null, percentage: null } }),
    ];
    assert.deepEqual(digest(list).progress.near_completion, [
      { project: 'lab', config: 'configs/baseline.py', pct: 95, completed_epochs: 19, total_epochs: 20 },
      { project: 'lab', config: 'configs/ablation_1.py', pct: 92, completed_epochs: 92, total_epochs: 100 },
    ]);
  });

  it('names runs whose process is older than the threshold, the longest first', () => {
    const list = [
      running('configs/b.py', 1, 4, T0 - 8 * DAY),
      running('configs/a.py', 45, 100, T0 - 10 * DAY),
      running('configs/young.py', 45, 100, T0 - 7 * DAY),
      running('configs/undated.py', 45, 100),
    ];
    assert.deepEqual(
      digest(list).progress.long_running.map(({ config, running_s, pct, since }) => [config, running_s, pct, since]),
      [
        ['configs/a.py', 864_000, 45, isoTime(T0 - 10 * DAY)],
        ['configs/b.py', 691_200, 25, isoTime(T0 - 8 * DAY)],
      ],
    );
  });

  it('has no completion without experiments', () => {
    assert.equal(digest([]).progress.completion_pct, null);
  });
});

describe('a digest in a message', () => {
  it('has the first of every list and says how many are left out', () => {
    const base = { project: 'lab', host: 'gpu1', completedEpochs: 1 };
    const letters = [...'abcdefghijklmno'];
    const events: Event[] = [
      ...letters.map((letter, index) => ({
        ...{ kind: 'run-failed' as const, at: T0 - HOUR + index, ...base, reason: 'fatal-error' as const },
        ...{ config: `configs/${letter}.py`, summary: `error ${letter}` },
      })),
      { kind: 'project-found', at: T0, project: 'lab', counts: NO_RUNS },
    ];
    const long = T0 - 30 * DAY;
    const metrics = addSample(
      events.reduce(addEvent, EMPTY),
      makeFleetSample(
        T0 - HOUR,
        letters.map(() => ({ cpu: 1, gpus: [] })),
      ),
    );
    const list = letters.flatMap((letter) => [
      running(`configs/${letter}.py`, 99, 100, long),
      failed(`configs/f${letter}.py`, `error ${letter}`),
    ]);
    const whole = digest(list, metrics, { missed: letters.map((letter) => `2026-01-${letter}`) });
    const cut = cutDigest(whole);
    assert.deepEqual(cut.omitted, {
      missed: 5,
      failed_reasons: 5,
      hosts: 5,
      events: 6,
      near_completion: 5,
      long_running: 5,
    });
    // What went wrong is told before what is merely new, and the newest of it.
    assert.deepEqual(
      cut.events.map(({ summary }) => summary),
      letters.slice(5).map((letter) => `error ${letter}`),
    );
    assert.equal(cut.missed[0], '2026-01-f');
    assert.deepEqual(cutDigest(cut), cut);
    assert.equal(whole.events.length, 16);
  });

  it('is the same when nothing is too long', () => {
    const whole = digest(runs(3, { status: 'running' }));
    assert.deepEqual(cutDigest(whole), whole);
  });
});
