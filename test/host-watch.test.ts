import assert from 'node:assert/strict';
import { type Host, HostError, type HostSample } from '../src/domain/host.ts';
import type { HostReader, HostReading, RunsReading } from '../src/domain/ports.ts';
import { createHostWatch } from '../src/host-watch.ts';
import { makeSample, T0 } from './support/make.ts';
import { manualClock, settle } from './support/manual-clock.ts';

const host: Host = { name: 'gpu1', ssh: 'gpu1', gpus: 'all', probeIntervalMs: 30_000 };
const good: HostReading = { sample: makeSample(), processes: [], scans: [], scanError: null };
const FATAL = 'torch.OutOfMemoryError: CUDA out of memory';

/** A reader whose answers are given by hand, and the watch around it. */
function bench() {
  const clock = manualClock(T0);
  const asked: string[] = [];
  const waiting: { resolve: (reading: HostReading) => void; reject: (error: Error) => void }[] = [];
  const readings: [RunsReading, boolean][] = [];
  const tails = new Map<string, string>();
  const fatal: string[] = [];
  let tailsFailure: Error | null = null;
  let onChange: (path: string) => void = () => undefined;
  let onEnd: (pid: number) => void = () => undefined;
  const ended: number[] = [];
  let followed: readonly string[] = [];
  let closed = false;
  let tellSample: (sample: HostSample) => void = () => undefined;
  let states = 0;
  const reader: HostReader = {
    look(onSample) {
      tellSample = onSample ?? tellSample;
      asked.push('look');
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    async lookAtRuns() {
      asked.push('runs');
      return { processes: [], scans: [], scanError: null };
    },
    async readTails(paths) {
      asked.push(`tails ${paths.join(' ')}`);
      if (tailsFailure !== null) throw tailsFailure;
      return new Map(paths.map((path) => [path, tails.get(path) ?? '']));
    },
    follow({ changed, ended }) {
      onChange = changed;
      onEnd = ended;
      return {
        update: (paths) => {
          followed = paths;
        },
        stop: () => {
          followed = [];
        },
      };
    },
    adopt: () => undefined,
    resumeLog: () => undefined,
    cache: () => null,
    restore: () => undefined,
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new HostError('unreachable', 'closed'));
    },
  };
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const watch = createHostWatch({
    host,
    reader,
    clock,
    random: () => 0.5,
    logger,
    isFatal: (tail) => tail === FATAL,
    onFatal: (logs) => fatal.push(...logs),
    onEnded: (pid) => ended.push(pid),
    onReading: (reading, urgent) => readings.push([reading, urgent]),
    onState: () => {
      states += 1;
    },
  });
  return {
    clock,
    asked,
    readings,
    tails,
    fatal,
    watch,
    change: (path: string) => onChange(path),
    end: (pid: number) => onEnd(pid),
    ended,
    failTails(error: Error | null) {
      tailsFailure = error;
    },
    followed: () => followed,
    closed: () => closed,
    states: () => states,
    tellSample: (sample: HostSample) => tellSample(sample),
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
    async answer(result: HostReading | Error) {
      const next = waiting.shift();
      assert.ok(next, 'nobody asked');
      if (result instanceof Error) next.reject(result);
      else next.resolve(result);
      await settle();
    },
  };
}

describe('host watch', () => {
  it('looks at its rhythm, and not again while a look is under way', async () => {
    const test = bench();
    assert.equal(test.watch.state().reachable, null);
    test.watch.start();
    await test.pass(1000);
    await test.pass(300_000);
    assert.deepEqual(test.asked, ['look']);
    await test.answer(good);
    assert.equal(test.watch.state().reachable, true);
    await test.pass(29_999);
    assert.equal(test.asked.length, 1);
    await test.pass(1);
    assert.equal(test.asked.length, 2);
  });

  it('shows the figures before run folders that take long are read', async () => {
    const test = bench();
    void test.watch.look();
    test.tellSample(makeSample({ at: T0 + 5 }));
    assert.equal(test.watch.state().sample?.at, T0 + 5);
    assert.deepEqual([test.states(), test.readings.length], [1, 0]);
    await test.answer(good);
    assert.equal(test.watch.state().sample?.at, T0 + 5, 'they are not taken twice');
    assert.deepEqual([test.states(), test.readings.length], [1, 1]);
  });

  it('lets several callers share one look', async () => {
    const test = bench();
    const looks = Promise.all([test.watch.look(), test.watch.look()]);
    assert.deepEqual(test.asked, ['look']);
    await test.answer(good);
    await looks;
  });

  it('keeps the last sample of a host that is lost, and says since when', async () => {
    const test = bench();
    void test.watch.look();
    await test.answer(good);
    await test.pass(60_000);
    void test.watch.look();
    await test.answer(new HostError('timeout', 'no answer in 15 s'));
    void test.watch.look();
    await test.pass(5_000);
    await test.answer(new HostError('timeout', 'no answer in 15 s'));
    assert.deepEqual(test.watch.state(), {
      name: 'gpu1',
      reachable: false,
      error: { kind: 'timeout', message: 'no answer in 15 s' },
      since: T0 + 60_000,
      sample: good.sample,
    });
    assert.equal(test.states(), 3);
    void test.watch.look();
    await test.answer(good);
    assert.equal(test.watch.state().since, T0 + 65_000);
  });

  it('says why a paused host is paused, and not when it is tried next', async () => {
    const test = bench();
    void test.watch.look();
    const cause = new HostError('host-key-changed', 'the key has changed');
    await test.answer(new HostError('paused', 'the key has changed; next try at 12:00', { cause }));
    assert.deepEqual(test.watch.state().error, {
      kind: 'host-key-changed',
      message: 'the key has changed',
    });
  });

  it('survives an error that it does not know', async () => {
    const test = bench();
    void test.watch.look();
    await test.answer(new TypeError('undefined is not a function'));
    assert.equal(test.watch.state().error?.kind, 'failed');
  });

  it('looks at runs at once when a log ends in a fatal error, and again until the process had time to die', async () => {
    const test = bench();
    test.watch.follow(['/a.log', '/b.log'], []);
    assert.deepEqual(test.followed(), ['/a.log', '/b.log']);
    test.tails.set('/a.log', 'Training [Epoch 1/10]');
    test.change('/a.log');
    await settle();
    assert.deepEqual(test.asked.splice(0), ['tails /a.log']);
    test.tails.set('/a.log', FATAL);
    test.change('/a.log');
    test.change('/a.log');
    await settle();
    assert.deepEqual(test.asked.splice(0, 3), ['tails /a.log', 'runs', 'tails /a.log']);
    assert.deepEqual(test.fatal, ['/a.log', '/a.log']);
    for (const wait of [200, 400, 800, 1000]) {
      await test.pass(wait - 1);
      const before = test.asked.length;
      await test.pass(1);
      assert.equal(test.asked.length, before + 1, `after ${wait} ms`);
    }
    for (let second = 0; second < 60; second += 1) await test.pass(1000);
    assert.deepEqual(test.asked, Array(32).fill('runs'));
    assert.ok(test.readings.every(([, urgent]) => urgent));
  });

  it('looks at runs at once when one of their processes has ended', async () => {
    const test = bench();
    test.watch.follow([], [7]);
    test.end(7);
    await settle();
    assert.deepEqual([test.asked, test.ended], [['runs'], [7]]);
  });

  it('reads a log whose change it could not look at once the host answers again', async () => {
    const test = bench();
    test.watch.follow(['/a.log'], []);
    test.tails.set('/a.log', FATAL);
    test.failTails(new HostError('unreachable', 'connection lost'));
    test.change('/a.log');
    await settle();
    assert.deepEqual(test.asked.splice(0), ['tails /a.log']);
    test.failTails(null);
    void test.watch.look();
    await test.answer(good);
    assert.deepEqual(test.asked, ['look', 'tails /a.log', 'runs']);
    assert.deepEqual(test.fatal, ['/a.log']);
  });

  it('follows nothing where nothing is active, and ends everything when stopped', async () => {
    const test = bench();
    test.watch.follow([], []);
    test.watch.start();
    await test.pass(1000);
    await test.watch.stop();
    assert.equal(test.closed(), true);
    assert.equal(test.watch.state().reachable, null);
    test.watch.follow(['/a.log'], []);
    assert.deepEqual(test.followed(), []);
    assert.equal(test.clock.waiting(), 0);
  });
});
