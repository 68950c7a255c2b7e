import assert from 'node:assert/strict';
import { type Host, HostError } from '../../../src/domain/host.ts';
import type { CommandOutput, Connector, Follower, FollowerEvents, HostReader } from '../../../src/domain/ports.ts';
import { createLocalConnector } from '../../../src/edge/connectors/local.ts';
import { createHostReader } from '../../../src/edge/scan/host-reader.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { makeTree, type Tree } from './tree.ts';

const host: Host = { name: 'localhost', ssh: null, gpus: 'all', probeIntervalMs: 30_000 };

type Answer = (ask: () => Promise<CommandOutput>) => Promise<CommandOutput>;

describe('host reader on this machine', function () {
  this.timeout(30_000);
  const folder = useTempFolder();
  let tree: Tree;
  let inputs: Readonly<Record<string, string>>[];
  /** How the next programs are answered; one that is not in it is run as it is. */
  let answers: Answer[];
  let readers: HostReader[];

  beforeEach(() => {
    tree = makeTree(folder.path);
    tree.config('a', 4);
    tree.epochs('a', 0, 2);
    tree.log('a', 0, 'loss: 1\n', 5);
    inputs = [];
    answers = [];
    readers = [];
  });
  afterEach(() => Promise.all(readers.map((reader) => reader.close())));

  function open(over: Partial<Parameters<typeof createHostReader>[0]> = {}): HostReader {
    const shell = createLocalConnector({ clock: systemClock });
    const connector: Connector = {
      ...shell,
      run(program, input, limits) {
        inputs.push(input);
        const ask = () => shell.run(program, input, limits);
        return (answers.shift() ?? ((asked) => asked()))(ask);
      },
    };
    const follow = (): Follower => ({ update: () => undefined, stop: () => undefined });
    const onProgress = (): void => undefined;
    const parts = {
      host,
      projects: [tree.project],
      roots: [tree.project.root],
      connector,
      clock: systemClock,
      random: Math.random,
      follow,
      redact: (text: string) => text,
      onProgress,
    };
    const reader = createHostReader({ ...parts, ...over });
    readers.push(reader);
    return reader;
  }

  const epochsOf = ({ scans }: { scans: Awaited<ReturnType<HostReader['look']>>['scans'] }) =>
    scans[0]?.runs.map(({ completedEpochs }) => completedEpochs);

  it('looks at figures, processes and run folders in one round trip once all is known', async () => {
    const reader = open();
    const first = await reader.look();
    assert.deepEqual([first.sample.host, first.scanError, epochsOf(first)], ['localhost', null, [2]]);
    assert.equal(typeof first.sample.cpu.pct, 'number');
    assert.ok(first.processes?.some(({ pid }) => pid === process.pid));
    assert.equal(first.processes, first.sample.processes);

    inputs = [];
    const second = await reader.look();
    assert.equal(inputs.length, 1);
    assert.equal(typeof second.sample.cpu.pct, 'number', 'against the first');
    assert.deepEqual(epochsOf(second), [2]);
  });

  it('looks at the runs alone without the figures', async () => {
    const reader = open();
    const reading = await reader.lookAtRuns();
    assert.deepEqual(epochsOf(reading), [2]);
    assert.ok(reading.processes?.some(({ pid }) => pid === process.pid));
    assert.equal(inputs[0]?.probe_part, 'processes');
    assert.ok(!('sample' in reading));
  });

  it('reads the ends of logs, and leaves out what it cannot read', async () => {
    const [log, gone] = [`${tree.root}/logs/a/train_val_0.log`, `${tree.root}/logs/a/gone.log`];
    const tails = await open().readTails([gone, log]);
    assert.deepEqual([...tails], [[log, 'loss: 1\n']]);
  });

  it('asks a host without run folders for its figures only', async () => {
    const { scans, scanError, sample } = await open({ projects: [] }).look();
    assert.deepEqual([scans, scanError, inputs.length], [[], null, 1]);
    assert.ok(sample.memory);
    assert.ok(!('scan_configs' in (inputs[0] ?? {})));
  });

  it('asks for the GPUs it is to watch', async () => {
    await open({ projects: [], host: { ...host, gpus: [0, 3] } }).look();
    assert.equal(inputs[0]?.gpus, '0,3');
  });

  it('finds the roots of projects that may live on this host', async () => {
    const { sample } = await open({ projects: [], roots: [tree.root, '/gone', '/two\nlines'] }).look();
    assert.equal(inputs[0]?.probe_roots, `${tree.root}\n/gone`);
    assert.deepEqual(Object.keys(sample.roots), [tree.root]);
  });

  const gpu = { index: 1, uuid: 'GPU-b', name: 'A40', busId: '0000:02:00.0', missingSince: null };

  it('misses a GPU that it saw before a restart', async () => {
    const table = 'index, uuid, name, pci.bus_id\n0, GPU-a, A40, 00000000:01:00.0\n\nexit 0';
    const answer: Answer = async (ask) => {
      const output = await ask();
      const stdout = output.stdout.toString().replace(/ gpus\n[^#]*/, ` gpus\n${table}\n\n`);
      return { ...output, stdout: Buffer.from(stdout) };
    };
    const first = open({ projects: [] });
    first.restore({ gpus: [gpu], runs: null });
    answers = [answer];
    const { sample } = await first.look();
    assert.deepEqual(
      sample.gpus?.map(({ uuid, state }) => [uuid, state]),
      [
        ['GPU-a', 'ok'],
        ['GPU-b', 'lost'],
      ],
    );
    const second = open({ projects: [] });
    second.restore(JSON.parse(JSON.stringify(first.cache())));
    answers = [answer];
    assert.equal((await second.look()).sample.gpus?.length, 2);
    // A look at the runs alone says nothing of GPUs.
    await second.lookAtRuns();
    assert.equal((second.cache() as { gpus: unknown[] }).gpus.length, 2);
  });

  for (const cache of [null, 'damaged', {}, { gpus: [{ index: 'x' }] }, { gpus: {}, runs: 7 }]) {
    it(`knows no GPU from ${JSON.stringify(cache)}`, () => {
      const reader = open();
      reader.restore(cache);
      assert.deepEqual((reader.cache() as { gpus: unknown }).gpus, []);
    });
  }

  it('takes no step back for an answer that a later one has overtaken', async () => {
    const reader = open();
    await reader.look();
    let arrive: () => void = () => undefined;
    const delayed = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let read: () => void = () => undefined;
    const wasRead = new Promise<void>((resolve) => {
      read = resolve;
    });
    answers = [
      async (ask) => {
        const output = await ask();
        read();
        await delayed;
        return output;
      },
    ];
    const early = reader.look();
    await wasRead;
    tree.epochs('a', 2, 3);
    tree.age('logs/a', 1);
    assert.deepEqual(epochsOf(await reader.lookAtRuns()), [3]);
    arrive();
    assert.deepEqual(epochsOf(await early), [3]);
  });

  it('goes on from its cache, and reads a damaged one anew', async () => {
    const first = open();
    await first.look();
    const cache: unknown = JSON.parse(JSON.stringify(first.cache()));
    for (const [given, knows] of [
      [cache, true],
      [{ gpus: [], runs: { version: 1, projects: { lab: 'damaged' } } }, false],
    ] as const) {
      const reader = open();
      reader.restore(given);
      inputs = [];
      assert.deepEqual(epochsOf(await reader.look()), [2]);
      assert.equal(
        inputs.some(({ scan_walks }) => scan_walks),
        !knows,
      );
    }
  });

  it('tells why the run folders could not be read, keeps the figures, and goes on at the next look', async () => {
    const reader = open();
    await reader.look();
    answers = [
      async (ask) => {
        const output = await ask();
        const end = output.stdout.indexOf('scan:stamps');
        return { ...output, stdout: output.stdout.subarray(0, end), truncated: true };
      },
    ];
    const cut = await reader.look();
    assert.match(cut.scanError ?? '', /cut off; known runs are kept/);
    assert.deepEqual(cut.scans, []);
    assert.ok(cut.sample.memory);
    const next = await reader.look();
    assert.deepEqual([next.scanError, epochsOf(next)], [null, [2]]);
  });

  it('leaves a disk that hangs again and again alone for a while, and goes on reading the host', async () => {
    let later = 0;
    const reader = open({ clock: { ...systemClock, now: () => Date.now() + later }, random: () => 1 });
    await reader.look();
    const hang: Answer = async (ask) => {
      const output = await ask();
      const end = output.stdout.indexOf('scan:stamps');
      return { ...output, stdout: output.stdout.subarray(0, end), timedOut: true };
    };
    answers = [hang, hang];
    await reader.look();
    await reader.look();
    inputs = [];
    const alone = await reader.look();
    assert.ok(alone.sample.memory && alone.processes);
    assert.match(alone.scanError ?? '', /took too long/);
    assert.deepEqual(
      inputs.map(({ scan_stamps }) => scan_stamps),
      [undefined],
    );
    assert.match((await reader.lookAtRuns()).scanError ?? '', /took too long/);
    later = 60_000;
    const again = await reader.look();
    assert.deepEqual([again.scanError, epochsOf(again)], [null, [2]]);
  });

  it('does not hide that something else went wrong', async () => {
    const reader = open();
    answers = [(ask) => ask(), () => Promise.reject(new TypeError('a defect'))];
    await assert.rejects(reader.look(), TypeError);
    assert.deepEqual(epochsOf(await reader.look()), [2], 'and goes on at the next look');
  });

  const silent: [string, Partial<CommandOutput>, { kind: string; message: string }][] = [
    ['prints nothing', {}, { kind: 'failed', message: 'its shell does not run the probe' }],
    [
      'only complains',
      { stdout: Buffer.from('Welcome\n'), stderr: 'Welcome\nThis account is not available.\n' },
      { kind: 'failed', message: 'its shell does not run the probe: This account is not available.' },
    ],
    [
      'prints without end',
      { stdout: Buffer.from('y\n'), truncated: true },
      { kind: 'failed', message: 'its login shell prints without end instead of running the probe' },
    ],
    ['never ends', { timedOut: true }, { kind: 'timeout', message: 'no answer within 30 s' }],
  ];
  for (const [name, output, expected] of silent) {
    it(`has no reading of a shell that ${name}`, async () => {
      const nothing = { stdout: Buffer.alloc(0), stderr: '', exitCode: 0, timedOut: false, truncated: false };
      for (const call of ['look', 'lookAtRuns'] as const) {
        answers = [() => Promise.resolve({ ...nothing, ...output })];
        await assert.rejects(open()[call](), (error: HostError) => {
          assert.ok(error instanceof HostError);
          assert.deepEqual({ kind: error.kind, message: error.message }, expected);
          return true;
        });
      }
    });
  }

  it('follows logs over its own connector, and closes it', async () => {
    let asked: [Connector, FollowerEvents] | undefined;
    const follow = (...given: [Connector, FollowerEvents]): Follower => {
      asked = given;
      return { update: () => undefined, stop: () => undefined };
    };
    const reader = open({ follow });
    const on = { changed: () => undefined, ended: () => undefined };
    reader.follow(on);
    assert.equal(asked?.[1], on);
    await reader.close();
    await assert.rejects(reader.look(), { name: 'HostError', message: /shutting down/ });
  });
});
