import assert from 'node:assert/strict';
import { fleetSample } from '../../../src/core/digest/fleet-sample.ts';
import type { Gpu, HostProcess } from '../../../src/domain/host.ts';
import type { Run } from '../../../src/domain/run.ts';
import { makeGpu, makeHost, makeProcess, makeRun, makeSample, makeSnapshot, T0 } from '../../support/make.ts';

const ARGS = 'python main.py --config-filepath configs/exp/a.py';

function gpu(index: number, over: Partial<Gpu> = {}): Gpu {
  return makeGpu({ index, ...over });
}

function process(pid: number, args: string): HostProcess {
  return makeProcess({ pid, args });
}

function liveRun(pid: number, host = 'gpu1'): Run {
  return makeRun({ process: { host, pid, user: 'ann', startedAt: T0, args: ARGS } });
}

describe('fleetSample', () => {
  it('keeps the figures of a host', () => {
    const host = makeHost({ sample: makeSample({ gpus: [gpu(0), gpu(3, { utilPct: null })] }) });
    assert.deepEqual(fleetSample(makeSnapshot({ hosts: [host] })), {
      at: T0,
      hosts: [
        {
          host: 'gpu1',
          cpu_pct: 40,
          gpus: [
            { index: 0, util_pct: 50, memory_used: 1e9, memory_total: 80e9, ours: false },
            { index: 3, util_pct: null, memory_used: 1e9, memory_total: 80e9, ours: false },
          ],
        },
      ],
      runs: { running: 0, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: 0 },
    });
  });

  for (const reachable of [false, null]) {
    it(`has no figures of a host that is ${reachable === null ? 'not probed yet' : 'away'}`, () => {
      const host = makeHost({ reachable, sample: makeSample({ gpus: [gpu(0)] }) });
      assert.deepEqual(fleetSample(makeSnapshot({ hosts: [host] })).hosts, [
        { host: 'gpu1', cpu_pct: null, gpus: null },
      ]);
    });
  }

  it('tells none from unreadable', () => {
    const hosts = [[], null].map((gpus) => makeHost({ sample: makeSample({ gpus }) }));
    assert.deepEqual(
      fleetSample(makeSnapshot({ hosts })).hosts.map(({ gpus }) => gpus),
      [[], null],
    );
  });

  it('does not believe the use that a lost GPU shows', () => {
    const gpus = [gpu(0, { state: 'lost' }), gpu(1, { state: 'hung', utilPct: 0 })];
    const host = makeHost({ sample: makeSample({ gpus }) });
    const [sample] = fleetSample(makeSnapshot({ hosts: [host] })).hosts;
    assert.deepEqual(
      sample?.gpus?.map(({ util_pct }) => util_pct),
      [null, null],
    );
  });

  const table: readonly [string, Run[], number | null, boolean | null][] = [
    ['the process of a run', [liveRun(100)], 100, true],
    ['a worker of a run, with its command line', [liveRun(100)], 101, true],
    ['someone else', [liveRun(100)], 102, false],
    ['the same pid on another host', [liveRun(102, 'gpu2')], 102, false],
    ['processes that could not be read', [liveRun(100)], null, null],
  ];
  for (const [name, runs, pid, ours] of table) {
    it(`ours on a GPU with ${name}: ${ours}`, () => {
      const sample = makeSample({
        gpus: [gpu(0)],
        gpuProcesses: pid === null ? null : [{ gpuUuid: 'GPU-0', pid, memory: null, name: null }],
        processes: [process(100, ARGS), process(101, ARGS), process(102, 'python other.py')],
      });
      const taken = fleetSample(makeSnapshot({ hosts: [makeHost({ sample })], runs }));
      assert.equal(taken.hosts[0]?.gpus?.[0]?.ours, ours);
    });
  }

  it('counts runs by status, and those that never started on their own', () => {
    const runs = [
      makeRun({ status: 'running' }),
      makeRun({ status: 'finished', reason: 'complete' }),
      makeRun({ status: 'failed', reason: 'fatal-error' }),
      makeRun({ status: 'failed', reason: 'never-started' }),
      makeRun({ status: 'failed', reason: 'never-started' }),
      makeRun({ status: 'stuck', reason: 'silent-process' }),
      makeRun({ status: 'outdated', reason: 'complete' }),
    ];
    assert.deepEqual(fleetSample(makeSnapshot({ runs })).runs, {
      running: 1,
      finished: 1,
      failed: 1,
      stuck: 1,
      outdated: 1,
      never_started: 2,
      total: 7,
    });
  });
});
