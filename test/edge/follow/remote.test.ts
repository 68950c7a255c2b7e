import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector, RemoteStream } from '../../../src/domain/ports.ts';
import { createLocalConnector } from '../../../src/edge/connectors/local.ts';
import { createRemoteFollower } from '../../../src/edge/follow/remote.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { shellQuote } from '../../../src/util/shell.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { SHELLS } from '../scan/shells.ts';

interface Fake {
  readonly input: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
  end(reason: string): void;
  stopped: boolean;
}

/** A connector whose streams are ended and fed by hand. */
function fakeHost() {
  const streams: Fake[] = [];
  let failure: Error | null = null;
  const connector = {
    stream(_: string, input: Readonly<Record<string, string>>, data: (chunk: Buffer) => void): Promise<RemoteStream> {
      if (failure !== null) return Promise.reject(failure);
      const fake: Fake = { input, say: (text) => data(Buffer.from(text, 'latin1')), end: () => {}, stopped: false };
      const ended = new Promise<string>((resolve) => {
        fake.end = resolve;
      });
      streams.push(fake);
      return Promise.resolve({
        ended,
        stop() {
          fake.stopped = true;
          fake.end('stopped');
        },
      });
    },
  };
  return { streams, connector: connector as unknown as Connector, fail: (error: Error | null) => (failure = error) };
}

function start() {
  const clock = manualClock();
  const host = fakeHost();
  const changed: string[] = [];
  const ended: number[] = [];
  const problems: string[] = [];
  const follower = createRemoteFollower({
    connector: host.connector,
    clock,
    random: () => 1,
    on: { changed: (path) => changed.push(path), ended: (pid) => ended.push(pid) },
    onProblem: (problem) => problems.push(problem),
  });
  return {
    clock,
    host,
    changed,
    ended,
    problems,
    follower,
    last: () => host.streams.at(-1)!,
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
  };
}

describe('remote follower', () => {
  it('tells of a file when it is first seen, and of each change, at most once in five seconds', async () => {
    const { changed, follower, last, pass } = start();
    follower.update(['/a b', '/c']);
    await settle();
    last().say('10:0 /a b\n10:0 /c\n');
    assert.deepEqual(changed.splice(0), ['/a b', '/c']);
    last().say('10:5 /a b\n10:9 /a b\n');
    assert.deepEqual(changed.splice(0), ['/a b']);
    await pass(5_000);
    assert.deepEqual(changed.splice(0), ['/a b']);
    await pass(5_000);
    last().say('11:9 /a b\n11:9 /a b\n');
    await pass(5_000);
    assert.deepEqual(changed, ['/a b']);
  });

  it('tells once of each process that has ended, over streams that begin anew', async () => {
    const { ended, follower, host, last, pass } = start();
    follower.update([], [11, 12]);
    await settle();
    assert.equal(last().input.follow_pids, '11\n12');
    last().say('ended 12\nended 12\nended 13\nended x\n');
    assert.deepEqual(ended, [12]);
    follower.update(['/a'], [11, 12]);
    await pass(1_000);
    assert.deepEqual([host.streams.length, last().input.follow_pids], [2, '11']);
    follower.update(['/a'], [11, 12]);
    await pass(5_000);
    assert.equal(host.streams.length, 2);
    follower.update([], []);
    last().say('ended 11\n');
    assert.deepEqual(ended, [12]);
  });

  it('takes whole lines that name a followed file, whatever else the host prints', async () => {
    const { changed, follower, last } = start();
    follower.update(['/modèle', 'not\nthis']);
    await settle();
    assert.equal(last().input.follow_paths, '/modèle');
    const line = Buffer.from('1:1 /modèle\n').toString('latin1');
    last().say(`Welcome!\n\n/modèle\n1:1 /other\n1 /modèle\n1:1\n${line.slice(0, 9)}`);
    assert.deepEqual(changed, []);
    last().say(line.slice(9));
    assert.deepEqual(changed, ['/modèle']);
    follower.stop();
    last().say(line.replace('1', '2'));
    assert.equal(changed.length, 1);
  });

  it('begins anew only for other files, at most once a second, and from what it has seen', async () => {
    const { host, follower, clock, problems, last, pass } = start();
    follower.update(['/a', '/b']);
    await settle();
    last().say('1:1 /a\n1:1 /b\n');
    follower.update(['/b', '/a', '/a']);
    follower.update(['/b', '/c']);
    await pass(999);
    assert.equal(host.streams.length, 1);
    last().say('2:2 /b\n');
    follower.update(['/a', '/b', '/d']);
    await pass(1);
    assert.deepEqual(
      host.streams.map(({ input, stopped }) => [input, stopped]),
      [
        [{ follow_paths: '/a\n/b', follow_known: '', follow_careful: '', follow_pids: '' }, true],
        [{ follow_paths: '/a\n/b\n/d', follow_known: '2:2 /b', follow_careful: '', follow_pids: '' }, false],
      ],
    );
    await pass(1_000);
    follower.update(['/a']);
    assert.equal(host.streams.length, 3, 'a second has passed');
    follower.update([]);
    await pass(5_000);
    await pass(5_000);
    assert.deepEqual([host.streams.length, last().stopped, clock.waiting()], [3, true, 0]);
    assert.deepEqual(problems, []);
  });

  it('does not wait for hours when the clock was set back', async () => {
    const test = start();
    test.follower.update(['/a']);
    await settle();
    const { now } = test.clock;
    test.clock.now = () => now() - 3_600_000;
    test.follower.update(['/b']);
    await test.pass(1_000);
    assert.equal(test.last().input.follow_paths, '/b');
  });

  it('begins again after an end, later each time until one has lived for a while', async () => {
    const { clock, host, follower, problems, last, pass } = start();
    follower.update(['/a']);
    await settle();
    for (const wait of [1_000, 2_000, 4_000]) {
      const before = host.streams.length;
      last().end('connection lost');
      await settle();
      follower.update(['/a', `/${wait}`]);
      await pass(wait - 1);
      assert.equal(host.streams.length, before);
      await pass(1);
      assert.equal(host.streams.length, before + 1);
    }
    last().say('Welcome!\n');
    last().end('connection lost');
    await pass(0);
    await pass(7_999);
    assert.equal(host.streams.length, 4);
    await pass(1);
    last().say('alive\n');
    last().end('connection lost');
    await pass(0);
    await pass(1_000);
    assert.equal(host.streams.length, 6);
    assert.deepEqual(new Set(problems), new Set(['connection lost']));
    follower.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('begins once where other files wait for their turn and the stream ends', async () => {
    const { clock, host, follower, last, pass } = start();
    follower.update(['/a']);
    await settle();
    follower.update(['/b']);
    last().end('connection lost');
    await pass(0);
    await pass(1_000);
    assert.deepEqual(
      host.streams.map(({ input }) => input.follow_paths),
      ['/a', '/b'],
    );
    follower.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('begins again when the host cannot be reached', async () => {
    const { host, follower, problems, pass } = start();
    host.fail(new Error('no route'));
    follower.update(['/a']);
    await settle();
    assert.deepEqual(problems, ['no route']);
    host.fail(null);
    await pass(1_000);
    assert.equal(host.streams.length, 1);
    follower.stop();
  });

  it('gives up a stream on which nothing is heard', async () => {
    const { host, follower, problems, last, pass } = start();
    follower.update(['/a']);
    await settle();
    await pass(30_000);
    last().say('alive\n');
    await pass(34_999);
    assert.equal(last().stopped, false);
    await pass(1);
    assert.equal(last().stopped, true);
    assert.deepEqual(problems, ['nothing was heard from the host']);
    await pass(1_000);
    assert.deepEqual(
      host.streams.map(({ input }) => input.follow_careful),
      ['', 'yes'],
    );
    follower.stop();
  });

  it('stops a stream that comes after it is no longer wanted', async () => {
    const { host, follower } = start();
    follower.update(['/a']);
    follower.stop();
    await settle();
    assert.deepEqual(
      host.streams.map(({ stopped }) => stopped),
      [true],
    );
  });
});

describe('remote follower on a real host', () => {
  let connector: Connector;
  let changed: string[];
  let ended: number[];
  let problems: string[];
  let follower: ReturnType<typeof createRemoteFollower>;
  const folder = useTempFolder();
  beforeEach(() => {
    connector = createLocalConnector({ clock: systemClock });
    changed = [];
    ended = [];
    problems = [];
  });
  afterEach(async () => {
    follower.stop();
    await connector.close();
  });

  /** @param wrap the shell, and what stands before the program */
  function follow(wrap: (program: string) => string = (program) => program) {
    const stream: Connector['stream'] = (program, input, onData) => connector.stream(wrap(program), input, onData);
    follower = createRemoteFollower({
      connector: { ...connector, stream },
      clock: systemClock,
      random: Math.random,
      on: { changed: (path) => changed.push(path), ended: (pid) => ended.push(pid) },
      coalesceMs: 100,
      onProblem: (problem) => problems.push(problem),
    });
    return follower;
  }

  function log(name: string): string {
    const path = join(folder.path, name);
    writeFileSync(path, 'x');
    return path;
  }

  function fake(name: string, script: string): string {
    writeFileSync(join(folder.path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder.path, name), 0o755);
    return `PATH=${shellQuote(folder.path)}:$PATH\n`;
  }

  for (const { name, command } of SHELLS) {
    it(`tells of changes by name, and of files that come (${name})`, async () => {
      const tools = name === 'busybox' ? ['stat', 'sleep'] : [];
      const path = tools.map((tool) => fake(tool, `exec busybox ${tool} "$@"`)).join('');
      const inShell = `export follow_paths follow_known follow_pids; exec ${command.join(' ')} -c "$program"`;
      follow((program) => `${path}program=${shellQuote(program)}; ${inShell}`);
      const [a, b, late] = [log("it's [a].log"), log('b c.log'), join(folder.path, 'a late.log')];
      follower.update([a, late, b]);
      await eventually('both are seen', () => changed.length === 2);
      assert.deepEqual(changed.splice(0), [a, b]);
      await eventually('change of b', () => {
        appendFileSync(b, 'line\n');
        return changed.includes(b);
      });
      assert.deepEqual([...new Set(changed.splice(0))], [b]);
      log('a late.log');
      await eventually('the new file', () => changed.includes(late));
      assert.equal(changed.includes(a), false);
      assert.deepEqual(problems, []);
    });
  }

  for (const { name, command } of SHELLS) {
    it(`tells of processes that end (${name})`, async () => {
      const inShell = `export follow_paths follow_known follow_pids; exec ${command.join(' ')} -c "$program"`;
      follow((program) => `program=${shellQuote(program)}; ${inShell}`);
      const [one, other] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
      try {
        follower.update([], [one.pid ?? 0, other.pid ?? 0, process.pid]);
        one.kill();
        await eventually('the end of one', () => ended.length === 1);
        other.kill();
        await eventually('the end of the other', () => ended.length === 2);
        assert.deepEqual([ended, problems], [[one.pid, other.pid], []]);
      } finally {
        one.kill();
        other.kill();
      }
    });
  }

  const BSD_STAT =
    '[ "$2" = -f ] || { echo "illegal option" >&2; exit 1; }\nshift 2\n[ "$1" != %m ] || set -- %Y "$2"\n' +
    'format=$(printf %s "$1" | sed "s/%m:%z %N/%Y:%s %n/")\nshift\nexec /usr/bin/env PATH=/usr/bin:/bin stat -L -c "$format" "$@"';
  const WHOLE_SECONDS = 'case $1 in *.*) echo "invalid number" >&2; exit 1 ;; esac\nexec /bin/sleep "$1"';
  for (const [what, name, script] of [
    ['a stat as BSD and macOS have it', 'stat', BSD_STAT],
    ['a sleep that takes whole seconds only', 'sleep', WHOLE_SECONDS],
  ] as const) {
    it(`follows with ${what}`, async () => {
      const path = fake(name, script);
      follow((program) => path + program);
      const a = log('a.log');
      follower.update([a]);
      await eventually('it is seen', () => changed.length === 1);
      appendFileSync(a, 'line\n');
      await eventually('its change', () => changed.length === 2);
      assert.deepEqual(problems, []);
    });
  }

  it('follows the others where the disk of one hangs', async () => {
    const path = fake(
      'stat',
      'case "$*" in *dead*) exec sleep 60 ;; esac\nexec /usr/bin/env PATH=/usr/bin:/bin stat "$@"',
    );
    follow((program) => `${path}follow_careful=yes\n${program}`);
    const [a, late] = [log('a.log'), join(folder.path, 'late.log')];
    follower.update([join(folder.path, 'dead.log'), a, late]);
    await eventually('it is seen', () => changed.length === 1);
    appendFileSync(a, 'line\n');
    log('late.log');
    await eventually('the change and the new one', () => changed.length === 3);
    assert.deepEqual([...new Set(changed)].sort(), [a, late]);
    assert.deepEqual(problems, []);
  }).timeout(30_000);

  it('says that it cannot follow without a stat that it knows', async () => {
    const path = fake('stat', 'exit 1');
    follow((program) => path + program).update([log('a.log')]);
    await eventually('the reason', () => problems.length > 0);
    assert.equal(problems[0], 'the program ended with exit code 1: its stat is neither that of GNU nor that of BSD');
  });

  it('tells what changed while it was interrupted, and nothing else', async () => {
    const [a, b] = [log('a.log'), log('b.log')];
    let interrupt = () => {};
    const { stream } = connector;
    connector.stream = async (...given) => {
      const started = await stream(...given);
      interrupt = () => started.stop();
      return started;
    };
    follow().update([a, b]);
    await eventually('both are seen', () => changed.length === 2);
    interrupt();
    appendFileSync(a, 'line\n');
    await eventually('the change of a', () => changed.length > 2);
    follower.update([a, b, log('c.log')]);
    appendFileSync(b, 'line\n');
    await eventually('the change of b, and the new one', () => changed.length > 4);
    assert.deepEqual(changed, [a, b, a, ...changed.slice(3).sort()]);
    assert.deepEqual(changed.slice(3), [b, join(folder.path, 'c.log')]);
    assert.deepEqual(problems, ['stopped']);
  });
});
