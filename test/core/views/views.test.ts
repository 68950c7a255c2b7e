import assert from 'node:assert/strict';
import { probeView } from '../../../src/core/views/probe-view.ts';
import { EVERY_RUN } from '../../../src/core/views/run-filter.ts';
import { runsView } from '../../../src/core/views/runs-view.ts';
import { statusView } from '../../../src/core/views/status-view.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { Gpu, HostSample } from '../../../src/domain/host.ts';
import { makeGpu, makeHost, makeProject, makeRun, makeSample, makeSnapshot, T0 } from '../../support/make.ts';
import { makeAlert } from '../alerts/make-alert.ts';

const GIB = 2 ** 30;
const gpu = (index: number, utilPct: number | null, used: number | null, state: Gpu['state'] = 'ok'): Gpu =>
  makeGpu({ index, utilPct, memory: { total: 80 * GIB, used }, state, powerW: 90 });

const process = (pid: number, user: string, args: string): NonNullable<HostSample['processes']>[number] => ({
  pid,
  user,
  startedAt: T0 - 60_000,
  args,
  rss: 1,
  state: 'R',
  cwd: null,
});

const sample = makeSample({
  gpus: [
    gpu(0, 98, 70 * GIB),
    gpu(1, 0, 0),
    gpu(2, 0, 30 * GIB),
    gpu(3, null, null),
    gpu(4, null, null, 'hung'),
    gpu(5, 1, 9 * GIB),
  ],
  gpuProcesses: [
    { gpuUuid: 'GPU-0', pid: 100, memory: 70 * GIB, name: null },
    { gpuUuid: 'GPU-2', pid: 200, memory: 30 * GIB, name: null },
    { gpuUuid: 'GPU-5', pid: 300, memory: 9 * GIB, name: null },
  ],
  processes: [
    process(100, 'ann', 'python main.py'),
    process(200, 'bob', 'python secret.py'),
    process(300, 'ann', 'python main.py'),
  ],
});

const runs = [
  makeRun({
    config: 'configs/a.py',
    process: { host: 'gpu1', pid: 100, user: 'ann', startedAt: T0, args: 'python main.py' },
  }),
  makeRun({
    config: 'configs/b.py',
    process: { host: 'gpu1', pid: 300, user: 'ann', startedAt: T0, args: 'python main.py' },
  }),
  makeRun({
    config: 'configs/c.py',
    status: 'failed',
    reason: 'never-started',
    progress: { ...makeRun().progress, percentage: 0 },
  }),
  makeRun({ config: 'configs/d.py', status: 'failed', reason: 'stopped-writing' }),
];

function alert(over: Partial<Alert>): Alert {
  return makeAlert('x', { labels: { run: 'configs/d.py' }, ...over });
}

const snapshot = makeSnapshot({
  hosts: [makeHost({ sample })],
  runs,
  projects: [makeProject({ problems: ['configs/x.py: unreadable'] })],
});

describe('status view', () => {
  const queries = {
    now: () => T0 + 5000,
    snapshot: () => snapshot,
    alerts: () => [alert({ id: 'w', severity: 'warning' }), alert({ id: 'c' }), alert({ id: 'p', state: 'pending' })],
    undelivered: () => [{ receiver: 'pi', reason: 'no route to host' }],
    bot: () => ({ running: true, since: T0, observedTodayPct: 61 }),
  };
  const view = statusView(queries);

  it('counts runs by status, those that never started on their own', () => {
    assert.deepEqual(view.runs, {
      running: 2,
      finished: 0,
      failed: 1,
      stuck: 0,
      outdated: 0,
      never_started: 1,
      total: 4,
      completion_pct: 22.5,
    });
  });

  it('counts GPUs that are idle, free and held; unknown and lost ones are neither', () => {
    assert.deepEqual(view.hosts[0]?.gpus, { total: 6, idle: 2, free: 1, held: 1 });
    assert.equal(view.hosts[0]?.age_s, 5);
  });

  for (const [what, over, ours, expected] of [
    ['that tells no memory, by its processes', { gpuProcesses: [] }, false, { idle: 1, free: 1, held: 0 }],
    [
      'that tells no memory, with a process of somebody else',
      { gpuProcesses: [{ gpuUuid: 'GPU-0', pid: 7, memory: 2 * GIB, name: null }] },
      false,
      { idle: 1, free: 0, held: 1 },
    ],
    [
      'with a process whose memory is unknown too, as neither free nor held',
      { gpuProcesses: [{ gpuUuid: 'GPU-0', pid: 7, memory: null, name: null }] },
      false,
      { idle: 1, free: 0, held: 0 },
    ],
    [
      'of unknown processes, as not idle where a run lives',
      { gpuProcesses: null },
      true,
      { idle: 0, free: 0, held: 0 },
    ],
    ['of unknown processes, as idle where no run lives', { gpuProcesses: null }, false, { idle: 1, free: 0, held: 0 }],
  ] as const) {
    it(`counts a GPU ${what}`, () => {
      const one = makeSample({ gpus: [gpu(0, 0, null)], ...over });
      const seen = makeSnapshot({ hosts: [makeHost({ sample: one })], runs: ours ? runs : [] });
      const [host] = statusView({ ...queries, snapshot: () => seen }).hosts;
      assert.deepEqual(host?.gpus, { total: 1, ...expected });
    });
  }

  it('names what needs a human, the worst first, pending alerts not at all', () => {
    assert.deepEqual(view.alerts, { critical: 1, warning: 1, info: 0 });
    assert.deepEqual(
      view.attention.map(({ ref }) => ref),
      ['c', 'w', 'gpu1', 'pi', 'lab'],
    );
    assert.equal(view.attention[0]?.text, 'run-failed configs/d.py: CUDA out of memory');
  });

  it('does not know what it has not seen', () => {
    const blind = makeSnapshot({ hosts: [makeHost({ reachable: null, sample: null })] });
    const empty = statusView({ ...queries, snapshot: () => blind });
    assert.deepEqual(empty.hosts[0], {
      name: 'gpu1',
      reachable: null,
      error: null,
      age_s: null,
      cpu_pct: null,
      gpus: null,
    });
    assert.equal(empty.runs.completion_pct, null);
  });
});

describe('runs view', () => {
  it('has the fields of the contract', () => {
    const view = runsView(snapshot, EVERY_RUN, null, (text) => text);
    const [first] = view.runs;
    assert.deepEqual(first, {
      config: 'configs/a.py',
      work_dir: 'logs/a',
      project: 'lab',
      format: 'pylon',
      owner: 'ann',
      status: 'running',
      reason: 'log-active',
      progress: {
        completed_epochs: 3,
        total_epochs: 10,
        progress_percentage: 30,
        early_stopped: false,
        early_stopped_at_epoch: null,
      },
      eta: null,
      process: { host: 'gpu1', pid: 100, user: 'ann', start_time: '2026-01-15T12:00:00.000Z', cmd: 'python main.py' },
      last_update: '2026-01-15T12:00:00.000Z',
      host: 'gpu1',
      summary: null,
    });
    assert.deepEqual(view.problems, ['lab: configs/x.py: unreadable']);
    assert.deepEqual([view.schema, view.total, view.omitted], ['pylon.runs/1', 4, 0]);
  });
});

describe('runs view, asked for less', () => {
  it('shows the first ones and counts the others', () => {
    const eta = { at: T0 + 1000, low: T0, high: T0 + 3000 };
    const of = makeSnapshot({ runs: [makeRun({ config: 'b', problem: 'unreadable' }), makeRun({ config: 'a', eta })] });
    const view = runsView(of, EVERY_RUN, 1, (text) => text);
    assert.deepEqual([view.runs.map(({ config }) => config), view.omitted, view.total], [['a'], 1, 2]);
    assert.deepEqual(view.runs[0]?.eta, {
      at: '2026-01-15T12:00:01.000Z',
      low: '2026-01-15T12:00:00.000Z',
      high: '2026-01-15T12:00:03.000Z',
    });
    const reversed = runsView(of, { ...EVERY_RUN, reverse: true }, null, (text) => text);
    assert.deepEqual(
      reversed.runs.map(({ config, summary }) => [config, summary]),
      [
        ['b', 'unreadable'],
        ['a', null],
      ],
    );
  });
});

describe('probe view', () => {
  const seen = (privacy: { users: boolean; commands: boolean }) =>
    probeView(snapshot.hosts, runs, { ...privacy, redact: (text) => text.replace('secret', '***') }, T0).hosts[0]
      ?.processes;

  it('shows whose GPU processes there are, and the commands of our own only', () => {
    assert.deepEqual(
      seen({ users: true, commands: false })?.map(({ pid, user, run, cmd, gpu_index }) => [
        pid,
        user,
        run,
        cmd,
        gpu_index,
      ]),
      [
        [100, 'ann', 'configs/a.py', 'python main.py', 0],
        [200, 'bob', null, null, 2],
        [300, 'ann', 'configs/b.py', 'python main.py', 5],
      ],
    );
  });

  it('hides names and shows commands where the configuration says so', () => {
    const other = seen({ users: false, commands: true })?.[1];
    assert.deepEqual([other?.user, other?.cmd], [null, 'python ***.py']);
  });

  it('says why a host has no figures', () => {
    const down = makeHost({ reachable: false, sample: null, error: { kind: 'timeout', message: 'no answer' } });
    const [host] = probeView([down], [], { users: true, commands: false, redact: (text) => text }, T0).hosts;
    assert.deepEqual([host?.reachable, host?.error, host?.gpus, host?.cpu.pct], [false, 'no answer', null, null]);
  });

  it('orders processes by GPU, knows the workers of a run, and names what the process table does not have', () => {
    const args = 'python main.py --config-filepath configs/a.py';
    const busy = makeSample({
      gpus: [gpu(0, 1, 1), gpu(1, 1, 1)],
      gpuProcesses: [
        { gpuUuid: 'GPU-1', pid: 102, memory: 1, name: null },
        { gpuUuid: 'GPU-0', pid: 900, memory: null, name: '/usr/bin/x' },
        { gpuUuid: 'GPU-0', pid: 101, memory: 2, name: null },
        { gpuUuid: 'GPU-gone', pid: 800, memory: 2, name: null },
      ],
      processes: [process(100, 'ann', args), process(101, 'ann', args), process(102, 'ann', args)],
    });
    const trainer = { host: 'gpu1', pid: 100, user: 'ann', startedAt: T0, args };
    const open = { users: true, commands: true, redact: (text: string) => text };
    const [host] = probeView(
      [makeHost({ sample: busy })],
      [makeRun({ config: 'configs/a.py', process: trainer })],
      open,
      T0,
    ).hosts;
    assert.deepEqual(
      host?.processes.map(({ gpu_index, pid, run, cmd }) => [gpu_index, pid, run, cmd]),
      [
        [0, 101, 'configs/a.py', args],
        [0, 900, null, '/usr/bin/x'],
        [1, 102, 'configs/a.py', args],
        [null, 100, 'configs/a.py', args],
        [null, 800, null, null],
      ],
    );
  });

  it('has the Xid codes of each GPU once, and the newest kernel events first', () => {
    const xid = (code: number, busId: string) => ({
      kind: 'xid' as const,
      at: T0,
      busId,
      code,
      pid: null,
      text: `${code}`,
    });
    const kernelEvents = [xid(79, '0000:00:00.0'), xid(31, '0000:00:00.0'), { ...xid(79, '0000:00:00.0'), at: null }];
    const [host] = probeView(
      [makeHost({ sample: makeSample({ gpus: [gpu(0, 1, 1), gpu(1, 1, 1)], kernelEvents }) })],
      [],
      { users: true, commands: true, redact: (text) => text },
      T0,
    ).hosts;
    assert.deepEqual(
      host?.gpus?.map(({ xid: codes }) => codes),
      [[31, 79], []],
    );
    assert.deepEqual(host?.kernel_events, [
      { at: null, text: '79' },
      { at: '2026-01-15T12:00:00.000Z', text: '31' },
      { at: '2026-01-15T12:00:00.000Z', text: '79' },
    ]);
  });
});

describe('notes on a GPU', () => {
  const notes: [string, Partial<Gpu>, readonly number[], string[]][] = [
    ['nothing', {}, [], []],
    ['nothing that is known', { throttle: null, ecc: { corrected: null, uncorrected: null } }, [], []],
    ['errors that were corrected', { ecc: { corrected: 3, uncorrected: 0 } }, [], []],
    ['a brake in hardware', { throttle: ['hw-power-brake', 'hw-slowdown'] }, [], ['throttled: hardware']],
    ['a limit of power', { throttle: ['power-cap'] }, [], ['throttled: power']],
    ['heat', { throttle: ['power-cap', 'hw-slowdown', 'sw-thermal'] }, [], ['throttled: heat']],
    ['Xid errors', {}, [79, 31, 79], ['Xid 31, 79']],
    ['errors in memory', { ecc: { corrected: 0, uncorrected: 2 } }, [], ['ECC: 2 uncorrected']],
    ['instances', { mig: [{ index: 0, uuid: 'MIG-1', profile: '1g.10gb' }] }, [], ['MIG: 1 instance']],
    ['none of them yet', { mig: [] }, [], ['MIG: 0 instances']],
  ];
  for (const [name, over, codes, expected] of notes) {
    it(name, () => {
      const seen = makeGpu(over);
      const kernelEvents = codes.map((code) => ({
        kind: 'xid' as const,
        at: T0,
        busId: seen.busId,
        code,
        pid: null,
        text: 'NVRM: Xid',
      }));
      const host = makeHost({ sample: makeSample({ gpus: [seen], kernelEvents }) });
      const [view] = probeView([host], [], { users: true, commands: true, redact: (text) => text }, T0).hosts;
      assert.deepEqual(view?.gpus?.[0]?.notes, expected);
    });
  }
});
