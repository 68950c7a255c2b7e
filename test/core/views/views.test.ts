import assert from 'node:assert/strict';
import { probeView } from '../../../src/core/views/probe-view.ts';
import { runsView } from '../../../src/core/views/runs-view.ts';
import { statusView } from '../../../src/core/views/status-view.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { Gpu, HostSample } from '../../../src/domain/host.ts';
import { makeHost, makeProject, makeRun, makeSample, makeSnapshot, T0 } from '../../support/make.ts';

const GIB = 2 ** 30;
const gpu = (index: number, utilPct: number | null, used: number | null, state: Gpu['state'] = 'ok'): Gpu => ({
  index,
  uuid: `GPU-${index}`,
  name: 'A100',
  state,
  utilPct,
  memory: { total: 80 * GIB, used },
  tempC: 40,
  powerW: 90,
});

const process = (pid: number, user: string, args: string): NonNullable<HostSample['processes']>[number] => ({
  pid,
  user,
  startedAt: T0 - 60_000,
  args,
  rss: 1,
  state: 'R',
});

const sample = makeSample({
  gpus: [
    gpu(0, 98, 70 * GIB),
    gpu(1, 0, 0),
    gpu(2, 0, 30 * GIB),
    gpu(3, null, null),
    gpu(4, null, null, 'lost'),
    gpu(5, 1, 9 * GIB),
  ],
  gpuProcesses: [
    { gpuUuid: 'GPU-0', pid: 100, memory: 70 * GIB },
    { gpuUuid: 'GPU-2', pid: 200, memory: 30 * GIB },
    { gpuUuid: 'GPU-5', pid: 300, memory: 9 * GIB },
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
  return {
    id: 'x',
    fingerprint: 'x',
    rule: 'run-failed',
    severity: 'critical',
    state: 'firing',
    labels: { run: 'configs/d.py' },
    summary: 'CUDA out of memory',
    evidence: [],
    startsAt: T0,
    firedAt: T0,
    endsAt: null,
    resolution: null,
    ...over,
  };
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
    const [first] = runsView(snapshot, (text) => text).runs;
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
    });
    assert.deepEqual(runsView(snapshot, (text) => text).problems, ['lab: configs/x.py: unreadable']);
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
});
