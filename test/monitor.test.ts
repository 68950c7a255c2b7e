import assert from 'node:assert/strict';
import { readLogPace } from '../src/core/runs/rhythm.ts';
import { type Host, HostError } from '../src/domain/host.ts';
import type { LauncherEvent, LogCursor } from '../src/domain/launcher.ts';
import type { FollowerEvents, HostReader, HostReading, RunsReading } from '../src/domain/ports.ts';
import type { Project, RunFacts, Verdict } from '../src/domain/run.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import { createMonitor } from '../src/monitor.ts';
import { logAged, makeFacts } from './core/runs/make-facts.ts';
import { makeRun, makeSample, projectSettings, T0 } from './support/make.ts';
import { manualClock, settle } from './support/manual-clock.ts';

const hosts: Host[] = ['gpu1', 'gpu2'].map((name) => ({ name, ssh: name, gpus: 'all', probeIntervalMs: 30_000 }));
const lab = projectSettings({ runsOn: ['gpu1', 'gpu2'] });
const VERDICT: Verdict = { category: 'error', summary: 'KeyError', evidence: [], extracted: {} };
const FATAL = 'KeyError';
const trainer = {
  pid: 4,
  user: 'ann',
  startedAt: T0 - 3_600_000,
  args: 'python main.py --config-filepath configs/exp/a.py',
  rss: 1,
  state: 'R',
  cwd: null,
};

/** A reader that gives what is put into it. */
class FakeReader implements HostReader {
  answer: HostReading | HostError;
  runs: RunsReading | null = null;
  tail = '';
  restored: unknown = null;
  followed: readonly string[] = [];
  logChanged: (path: string) => void = () => undefined;
  processEnded: (pid: number) => void = () => undefined;
  watched: readonly number[] = [];
  quickLooks = 0;
  closed = false;

  constructor(name: string) {
    this.answer = { sample: makeSample({ host: name }), processes: [], scans: [], scanError: null };
  }

  async look(): Promise<HostReading> {
    if (this.answer instanceof HostError) throw this.answer;
    return this.answer;
  }

  async lookAtRuns(): Promise<RunsReading> {
    this.quickLooks += 1;
    return this.runs ?? this.look();
  }

  async readTails(paths: readonly string[]): Promise<Map<string, string>> {
    return new Map(paths.map((path) => [path, this.tail]));
  }

  follow({ changed, ended }: FollowerEvents) {
    this.logChanged = changed;
    this.processEnded = ended;
    return {
      update: (paths: readonly string[], pids: readonly number[] = []) => {
        this.followed = paths;
        this.watched = pids;
      },
      stop: () => {
        this.followed = [];
      },
    };
  }

  cache(): unknown {
    return { learnt: this.followed.length };
  }

  restore(cache: unknown): void {
    this.restored = cache;
  }

  readonly adopted: string[] = [];
  adopting: () => void = () => undefined;
  onProgress: (progress: { done: number; total: number }) => void = () => undefined;
  readonly resumed: [string, LogCursor][] = [];

  adopt(project: string, runs: readonly { readonly workDir: string }[]): void {
    for (const { workDir } of runs) this.adopted.push(`${project}:${workDir}`);
    if (runs.length > 0) this.adopting();
  }

  resumeLog(project: string, cursor: LogCursor): void {
    this.resumed.push([project, cursor]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** The disk of the host has these runs. */
  scan(...runs: Partial<RunFacts>[]): void {
    if (this.answer instanceof HostError) throw this.answer;
    const scans = [{ project: 'lab', at: T0, runs: runs.map(makeFacts), absent: false, launcher: null, problems: [] }];
    this.answer = { ...this.answer, scans, scanError: null };
  }

  launched(event: LauncherEvent): void {
    if (this.answer instanceof HostError) throw this.answer;
    const launcher = { cursor: { offset: 1, mark: 'm' }, events: [event] };
    this.answer = { ...this.answer, scans: this.answer.scans.map((scan) => ({ ...scan, launcher })) };
  }

  processes(...processes: (typeof trainer)[]): void {
    if (this.answer instanceof HostError) throw this.answer;
    const { sample } = this.answer;
    this.answer = { ...this.answer, processes, sample: { ...sample, processes } };
  }
}

function bench(projects: readonly Project[] = [lab]) {
  const clock = manualClock(T0);
  const readers = new Map(hosts.map(({ name }) => [name, new FakeReader(name)]));
  const snapshots: Snapshot[] = [];
  const progress: unknown[] = [];
  const nothing = () => undefined;
  const monitor = createMonitor({
    hosts,
    projects,
    reader: ({ name }, onProgress) => Object.assign(readers.get(name) as FakeReader, { onProgress }),
    tailReader: { explain: (tail) => (tail === FATAL ? VERDICT : null), pace: readLogPace },
    onSnapshot: (snapshot) => snapshots.push(snapshot),
    onProgress: (host, reached) => progress.push([host, reached]),
    clock,
    random: () => 0.5,
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  return {
    monitor,
    clock,
    snapshots,
    progress,
    gpu1: readers.get('gpu1') as FakeReader,
    gpu2: readers.get('gpu2') as FakeReader,
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
  };
}

describe('monitor', () => {
  it('shows hosts and projects as not seen yet before it looks', () => {
    const { hosts: states, projects, runs } = bench().monitor.snapshot();
    assert.deepEqual(
      states.map(({ name, reachable }) => [name, reachable]),
      [
        ['gpu1', null],
        ['gpu2', null],
      ],
    );
    assert.deepEqual([projects[0]?.scanned, runs], [false, []]);
  });

  it('makes one snapshot of hosts that answer at about the same time', async () => {
    const { monitor, snapshots, gpu1, pass } = bench();
    gpu1.scan({});
    monitor.start();
    await pass(1_000);
    await pass(500);
    assert.equal(snapshots.length, 1);
    assert.deepEqual(
      snapshots[0]?.hosts.map(({ reachable }) => reachable),
      [true, true],
    );
    assert.equal(snapshots[0]?.runs.length, 1);
    assert.equal(monitor.snapshot(), snapshots[0]);
  });

  it('looks at one host, or all, when asked, and has the snapshot ready', async () => {
    const { monitor, snapshots, gpu1 } = bench();
    gpu1.scan({});
    const [state, ...others] = await monitor.probe('gpu2');
    assert.deepEqual([state?.name, state?.reachable, others], ['gpu2', true, []]);
    assert.equal(monitor.snapshot().hosts[0]?.reachable, null);
    assert.equal((await monitor.probe(null)).length, 2);
    assert.equal(snapshots.at(-1)?.runs.length, 1);
    assert.deepEqual(await monitor.probe('nobody'), []);
  });

  it('turns a scan that failed into a problem of the projects on that disk, until the next good one', async () => {
    const { monitor, gpu1 } = bench([lab, { ...lab, name: 'other', readFrom: 'gpu2' }]);
    gpu1.scan({});
    await monitor.probe(null);
    const good = gpu1.answer as HostReading;
    gpu1.answer = { ...good, scans: [], scanError: 'cut off' };
    await monitor.probe(null);
    const problems = () => monitor.snapshot().projects.map((project) => project.problems);
    assert.deepEqual(problems(), [['cut off'], []]);
    assert.equal(monitor.snapshot().runs.length, 1, 'known runs are kept');
    gpu1.answer = good;
    await monitor.probe(null);
    assert.deepEqual(problems(), [[], []]);
  });

  it('tells the disk which nerfstudio runs live, and looks there again for one that it does not know', async () => {
    const { monitor, gpu1, gpu2, snapshots } = bench([{ ...lab, formats: ['pylon', 'nerfstudio'] }]);
    const args = 'ns-train nerfacto --output-dir outputs/a';
    gpu2.processes({ ...trainer, args });
    const nerf = { config: 'outputs/a', workDir: 'outputs/a', format: 'nerfstudio', newestLog: null } as const;
    gpu1.adopting = () => gpu1.scan({}, nerf);
    gpu1.scan({});
    await monitor.probe(null);
    assert.deepEqual(gpu1.adopted[0], 'lab:outputs/a');
    assert.deepEqual(gpu2.adopted, []);
    const run = snapshots.at(-1)?.runs.find(({ format }) => format === 'nerfstudio');
    assert.deepEqual([run?.status, run?.process?.host], ['running', 'gpu2']);
  });

  it('tells what a launcher did in one snapshot, once its project is read whole', async () => {
    const { monitor, gpu1, snapshots } = bench();
    const told = () =>
      snapshots.flatMap(({ projects }) =>
        projects.flatMap(({ launcher, scanned }) => (scanned ? (launcher?.events ?? []) : [])),
      );
    gpu1.scan({});
    gpu1.launched({ kind: 'launcher-round', project: 'lab', at: T0 });
    await monitor.probe('gpu1');
    assert.deepEqual(told(), []);
    await monitor.probe(null);
    await monitor.probe(null);
    assert.deepEqual(told().length, 1);
    monitor.resumeLog('lab', { offset: 1, mark: 'm' });
    assert.deepEqual(gpu1.resumed, [['lab', { offset: 1, mark: 'm' }]]);
  });

  it('looks at the disk and at the processes when a process has ended', async () => {
    const { monitor, gpu1, gpu2 } = bench();
    gpu1.scan({});
    gpu2.processes(trainer);
    await monitor.probe(null);
    assert.deepEqual([gpu1.watched, gpu2.watched], [[], [trainer.pid]]);
    gpu2.processEnded(trainer.pid);
    await settle();
    assert.deepEqual([gpu1.quickLooks, gpu2.quickLooks], [1, 1]);
    await monitor.stop();
  });

  it('shows how far the first reading of a disk is', async () => {
    const { monitor, gpu1, progress } = bench();
    gpu1.scan({});
    gpu1.onProgress({ done: 200, total: 1_000 });
    assert.deepEqual(monitor.snapshot().projects[0]?.reading, { done: 200, total: 1_000 });
    await monitor.probe('gpu1');
    assert.equal(monitor.snapshot().projects[0]?.reading, null);
    assert.deepEqual(progress, [
      ['gpu1', { done: 200, total: 1_000 }],
      ['gpu1', null],
    ]);
  });

  it('keeps what is known of a host that is lost', async () => {
    const { monitor, gpu1 } = bench();
    gpu1.scan({});
    await monitor.probe(null);
    gpu1.answer = new HostError('unreachable', 'gone');
    await monitor.probe(null);
    const { hosts: states, runs } = monitor.snapshot();
    assert.equal(states[0]?.error?.message, 'gone');
    assert.deepEqual([runs[0]?.status, runs[0]?.reason], ['running', 'host-unreachable']);
  });

  it('follows the logs of running runs only, on the host of the disk', async () => {
    const { monitor, gpu1, gpu2 } = bench();
    const finished = { config: 'configs/exp/b.py', totalEpochs: 3, newestLog: logAged(600_000) };
    gpu1.scan({}, finished, { config: 'configs/exp/c.py', newestLog: null });
    await monitor.probe(null);
    assert.deepEqual(gpu1.followed, ['/lab/logs/exp/a/train_val_0.log', '/lab/logs/exp/a/error.log']);
    assert.deepEqual(gpu2.followed, []);
    gpu1.scan(finished);
    await monitor.probe(null);
    assert.deepEqual(gpu1.followed, []);
  });

  it('tells at once of a run that dies, without waiting for other hosts', async () => {
    const { monitor, snapshots, gpu1 } = bench();
    gpu1.scan({});
    gpu1.processes(trainer);
    await monitor.probe(null);
    const before = snapshots.length;

    gpu1.tail = FATAL;
    gpu1.scan({ logTail: FATAL, newestLog: { path: '/lab/logs/exp/a/train_val_0.log', mtime: T0, size: 999 } });
    gpu1.processes();
    gpu1.runs = gpu1.answer as HostReading;
    gpu1.logChanged('/lab/logs/exp/a/train_val_0.log');
    await settle();
    assert.equal(snapshots.length, before + 1);
    assert.deepEqual([snapshots.at(-1)?.runs[0]?.status, snapshots.at(-1)?.runs[0]?.verdict], ['failed', VERDICT]);
  });

  it('asks the host of the process, which may not be that of the disk, whether it is gone', async () => {
    const { monitor, snapshots, gpu1, gpu2 } = bench();
    gpu1.scan({});
    gpu2.processes(trainer);
    await monitor.probe(null);
    assert.equal(snapshots.at(-1)?.runs[0]?.process?.host, 'gpu2');

    gpu1.tail = FATAL;
    gpu1.scan({ logTail: FATAL, newestLog: { path: '/lab/logs/exp/a/train_val_0.log', mtime: T0, size: 999 } });
    gpu2.processes();
    gpu1.logChanged('/lab/logs/exp/a/error.log');
    await settle();
    const run = snapshots.at(-1)?.runs[0];
    assert.deepEqual([run?.status, run?.host], ['failed', 'gpu2']);
  });

  it('hands its cache to another, which goes on from there', async () => {
    const first = bench();
    first.gpu1.scan({}, { config: 'configs/exp/b.py', totalEpochs: 3, newestLog: logAged(600_000) });
    first.gpu2.processes(trainer);
    await first.monitor.probe(null);
    const cache = first.monitor.cache();
    assert.deepEqual(
      cache.runs.map(({ config, status }) => [config, status]),
      [
        ['configs/exp/a.py', 'running'],
        ['configs/exp/b.py', 'finished'],
      ],
    );
    assert.deepEqual(cache.readers, { gpu1: { learnt: 2 }, gpu2: { learnt: 0 } });

    const second = bench();
    second.monitor.restore(cache);
    assert.deepEqual(second.gpu1.restored, { learnt: 2 });
    second.gpu1.scan({ newestLog: logAged(600_000) });
    second.gpu2.answer = new HostError('unreachable', 'gone');
    await second.monitor.probe(null);
    const [run] = second.monitor.snapshot().runs;
    assert.deepEqual([run?.status, run?.reason, run?.process?.pid], ['running', 'host-unreachable', 4]);
  });

  it('keeps what it was given for a disk that it has not read since', async () => {
    const { monitor, gpu1 } = bench();
    const runs = [makeRun(), makeRun({ project: 'removed' }), makeRun({ config: 'configs/exp/gone.py' })];
    monitor.restore({ readers: {}, runs });
    gpu1.answer = new HostError('unreachable', 'gone');
    await monitor.probe(null);
    assert.deepEqual(
      monitor.cache().runs.map(({ id }) => id),
      ['lab:configs/exp/a.py', 'lab:configs/exp/gone.py'],
    );
    gpu1.answer = new FakeReader('gpu1').answer;
    gpu1.scan({});
    await monitor.probe(null);
    assert.deepEqual(
      monitor.cache().runs.map(({ id }) => id),
      ['lab:configs/exp/a.py'],
    );
  });

  it('stops its hosts, and makes no more snapshots', async () => {
    const { monitor, snapshots, clock, gpu1, gpu2, pass } = bench();
    monitor.start();
    await pass(1_000);
    await monitor.stop();
    await pass(120_000);
    assert.deepEqual([gpu1.closed, gpu2.closed], [true, true]);
    assert.deepEqual([snapshots.length, clock.waiting()], [0, 0]);
  });
});
